"""Words that hold sentences together and tell nothing, folded; they are indexed nevertheless."""

_ENGLISH = """
a an and any are as at be been but by can could did do does for from had has have he her him his
how i if in into is it its me my no not of on or our out s she so some t than that the their them
then there these they this to us was we were what when where which who why will with would you your
"""
_GERMAN = """
aber als am an auch auf aus bei bin bis das dass dem den der des die du ein eine einem einen einer
er es fur hat hatte ich ihm ihn ihr ihre im in ist ja kann mein mit nach nicht noch nur oder ob
sein seine sich sie sind so uber um und uns vom von vor war waren was wenn wer wie wir wird wo zu
zum zur
"""
_FRENCH = """
a ai au aux avec c ce ces d dans de des du elle elles en es est et etait eu il ils j je l la le les
leur lui m ma mais me mes mon n ne nous on ou par pas plus pour qu quand que qui s sa se ses son
sur t ta te tes ton tu un une vous y
"""
_SPANISH = """
a al algo como con cual cuando de del desde donde e el ella ellos en era es esa ese eso esta este
esto fue ha han hay hoy la las le les lo los mas me mi mis muy nada ni no nos o para pero por que
quien se ser si sin sobre son su sus tambien te tiene un una unos y ya yo
"""
_CHINESE = "的了 了吗 是否 有没 没有 什么 怎么 的 了 吗 在 是 我 你 他 她 们"
_JAPANESE = "の は が を に で と も か"

STOPWORDS = frozenset(
    word
    for words in (_ENGLISH, _GERMAN, _FRENCH, _SPANISH, _CHINESE, _JAPANESE)
    for word in words.split()
)
