"""What people write down and look for in six languages, and what they mean to find.

A line of `NOTES` is one note: its text, a query with a word of it, and an oblique query that
shares as little with it as a person's memory would. `EVENTS` are narrated by the hub in English
whatever its people speak; their queries are in each language, in the order of `LANGUAGES`.
"""

LANGUAGES = ("en", "de", "fr", "es", "zh", "ja")

NOTES: dict[str, tuple[tuple[str, str, str], ...]] = {
    "en": (
        (
            "Mum did not touch her breakfast today",
            "breakfast",
            "she is not eating in the morning",
        ),
        (
            "The doctor changed her blood pressure tablets to half a dose",
            "blood pressure tablets",
            "new medication prescribed",
        ),
        (
            "Slept badly, up four times in the night",
            "slept badly",
            "restless and awake after midnight",
        ),
        (
            "The radiator in the hall leaks a little",
            "radiator leaks",
            "water dripping from the heating",
        ),
        (
            "Neighbour Erika brought the spare key back",
            "spare key",
            "who can open the door for us",
        ),
        (
            "She stumbled over the carpet but did not get hurt",
            "stumbled carpet",
            "did she have a fall",
        ),
        (
            "The cat was at the vet and has to wear a collar",
            "cat vet",
            "the pet is ill",
        ),
        (
            "Filled the diesel tank of the boat, 60 litres",
            "diesel tank",
            "when was fuel bought last",
        ),
        (
            "Physiotherapy moved to Thursdays at ten",
            "physiotherapy",
            "appointment for exercises with the therapist",
        ),
        (
            "He could not remember the name of his grandson",
            "grandson name",
            "memory problems and confusion",
        ),
        (
            "The window in the bedroom does not close properly",
            "bedroom window",
            "cold draught where she sleeps",
        ),
        (
            "Visited by his sister, they played cards and laughed",
            "sister cards",
            "was he happy and in company",
        ),
        (
            "New batteries in the smoke alarm",
            "smoke alarm batteries",
            "fire detector maintained",
        ),
        (
            "Her left ankle is swollen since yesterday",
            "swollen ankle",
            "pain in the leg",
        ),
        (
            "The chimney sweep comes on Monday",
            "chimney sweep",
            "who cleans the flue of the stove",
        ),
        (
            "She hears badly, the hearing aid needs a new battery",
            "hearing aid",
            "she does not understand us on the phone",
        ),
    ),
    "de": (
        (
            "Mama hat heute ihr Frühstück nicht angerührt",
            "Frühstück",
            "sie isst morgens nichts",
        ),
        (
            "Der Arzt hat die Blutdrucktabletten auf eine halbe Dosis umgestellt",
            "Blutdrucktabletten",
            "neues Medikament verschrieben",
        ),
        (
            "Schlecht geschlafen, viermal in der Nacht auf",
            "schlecht geschlafen",
            "unruhig und wach nach Mitternacht",
        ),
        (
            "Der Heizkörper im Flur tropft ein wenig",
            "Heizkörper Flur",
            "Wasser läuft aus der Heizung",
        ),
        (
            "Nachbarin Erika hat den Ersatzschlüssel zurückgebracht",
            "Ersatzschlüssel",
            "wer kann uns die Tür öffnen",
        ),
        (
            "Sie ist über den Teppich gestolpert, hat sich aber nicht verletzt",
            "Teppich gestolpert",
            "ist sie gestürzt",
        ),
        (
            "Die Katze war beim Tierarzt und muss einen Kragen tragen",
            "Tierarzt Katze",
            "das Haustier ist krank",
        ),
        (
            "Dieseltank des Bootes gefüllt, 60 Liter",
            "Dieseltank",
            "wann wurde zuletzt Brennstoff gekauft",
        ),
        (
            "Die Krankengymnastik ist jetzt donnerstags um zehn",
            "Krankengymnastik",
            "Termin für Übungen mit der Therapeutin",
        ),
        (
            "Er wusste den Namen seines Enkels nicht mehr",
            "Namen Enkel",
            "Gedächtnisprobleme und Verwirrung",
        ),
        (
            "Das Fenster im Schlafzimmer schließt nicht richtig",
            "Schlafzimmerfenster Fenster",
            "kalter Luftzug, wo sie schläft",
        ),
        (
            "Seine Schwester war zu Besuch, sie haben Karten gespielt und gelacht",
            "Schwester Karten",
            "war er froh und in Gesellschaft",
        ),
        (
            "Neue Batterien im Rauchmelder",
            "Rauchmelder",
            "Feueralarm gewartet",
        ),
        (
            "Ihr linker Knöchel ist seit gestern geschwollen",
            "Knöchel geschwollen",
            "Schmerzen im Bein",
        ),
        (
            "Der Schornsteinfeger kommt am Montag",
            "Schornsteinfeger",
            "wer reinigt den Abzug vom Ofen",
        ),
        (
            "Sie hört schlecht, das Hörgerät braucht eine neue Batterie",
            "Hörgerät",
            "sie versteht uns am Telefon nicht",
        ),
    ),
    "fr": (
        (
            "Maman n'a pas touché à son petit déjeuner aujourd'hui",
            "petit dejeuner",
            "elle ne mange rien le matin",
        ),
        (
            "Le médecin a réduit ses comprimés pour la tension à une demi-dose",
            "comprimés tension",
            "nouveau traitement prescrit",
        ),
        (
            "Mal dormi, levé quatre fois dans la nuit",
            "mal dormi",
            "agité et réveillé après minuit",
        ),
        (
            "Le radiateur du couloir fuit un peu",
            "radiateur couloir",
            "de l'eau coule du chauffage",
        ),
        (
            "La voisine Erika a rapporté le double des clés",
            "double clés",
            "qui peut nous ouvrir la porte",
        ),
        (
            "Elle a trébuché sur le tapis mais ne s'est pas blessée",
            "trébuché tapis",
            "est-elle tombée",
        ),
        (
            "Le chat est allé chez le vétérinaire et doit porter une collerette",
            "chat veterinaire",
            "l'animal est malade",
        ),
        (
            "Rempli le réservoir de gazole du bateau, 60 litres",
            "réservoir gazole",
            "quand a-t-on acheté du carburant",
        ),
        (
            "La kinésithérapie passe au jeudi à dix heures",
            "kinésithérapie",
            "rendez-vous pour les exercices",
        ),
        (
            "Il ne se souvenait plus du prénom de son petit-fils",
            "petit-fils prénom",
            "troubles de la mémoire et confusion",
        ),
        (
            "La fenêtre de la chambre ferme mal",
            "fenêtre chambre",
            "courant d'air froid là où elle dort",
        ),
        (
            "Visite de sa sœur, ils ont joué aux cartes et ri",
            "sœur cartes",
            "était-il content et entouré",
        ),
        (
            "Piles neuves dans le détecteur de fumée",
            "détecteur fumée",
            "entretien de l'alarme incendie",
        ),
        (
            "Sa cheville gauche est enflée depuis hier matin",
            "cheville enflée",
            "douleur à la jambe",
        ),
        (
            "Le ramoneur passe lundi",
            "ramoneur",
            "qui nettoie le conduit du poêle",
        ),
        (
            "Elle entend mal, l'appareil auditif a besoin d'une pile",
            "appareil auditif",
            "elle ne nous comprend pas au téléphone",
        ),
    ),
    "es": (
        (
            "Mamá no ha tocado hoy el desayuno",
            "desayuno",
            "no come nada por la mañana",
        ),
        (
            "El médico bajó las pastillas de la tensión a media dosis",
            "pastillas tension",
            "nueva medicación recetada",
        ),
        (
            "Durmió mal, se levantó cuatro veces por la noche",
            "durmió mal",
            "inquieto y despierto después de medianoche",
        ),
        (
            "El radiador del pasillo gotea un poco",
            "radiador pasillo",
            "sale agua de la calefacción",
        ),
        (
            "La vecina Erika devolvió la llave de repuesto",
            "llave repuesto",
            "quién puede abrirnos la puerta",
        ),
        (
            "Tropezó con la alfombra pero no se hizo daño",
            "tropezó alfombra",
            "se ha caído",
        ),
        (
            "El gato estuvo en el veterinario y tiene que llevar un collar",
            "gato veterinario",
            "la mascota está enferma",
        ),
        (
            "Llenado el depósito de gasóleo del barco, 60 litros",
            "deposito gasoleo",
            "cuándo se compró combustible",
        ),
        (
            "La fisioterapia pasa a los jueves a las diez",
            "fisioterapia",
            "cita para los ejercicios",
        ),
        (
            "No recordaba el nombre de su nieto",
            "nombre nieto",
            "problemas de memoria y confusión",
        ),
        (
            "La ventana del dormitorio no cierra bien",
            "ventana dormitorio",
            "corriente de aire frío donde ella duerme",
        ),
        (
            "Vino su hermana, jugaron a las cartas y se rieron",
            "hermana cartas",
            "estaba contento y acompañado",
        ),
        (
            "Pilas nuevas en el detector de humo",
            "detector humo",
            "mantenimiento de la alarma de incendios",
        ),
        (
            "Tiene el tobillo izquierdo hinchado desde ayer",
            "tobillo hinchado",
            "dolor en la pierna",
        ),
        (
            "El deshollinador viene el lunes",
            "deshollinador",
            "quién limpia el tubo de la estufa",
        ),
        (
            "Oye mal, el audífono necesita una pila nueva",
            "audifono",
            "no nos entiende por teléfono",
        ),
    ),
    "zh": (
        ("妈妈今天没有动她的早餐", "早餐", "她早上不吃东西"),
        ("医生把她的降压药减到半片", "降压药", "开了新的药"),
        ("睡得不好，夜里起来了四次", "夜里", "半夜醒着，不安稳"),
        ("走廊的暖气片有点漏水", "暖气片", "暖气在滴水"),
        ("邻居艾丽卡把备用钥匙还回来了", "钥匙", "谁能帮我们开门"),
        ("她被地毯绊了一下，但没有受伤", "地毯", "她摔倒了吗"),
        ("猫去看了兽医，要戴伊丽莎白圈", "兽医", "宠物生病了"),
        ("给船的柴油箱加了60升", "柴油", "上次什么时候买的燃料"),
        ("理疗改到每周四十点", "理疗", "和治疗师做康复练习的预约"),
        ("他想不起孙子的名字了", "孙子", "记忆力有问题，糊涂"),
        ("卧室的窗户关不严", "窗户", "她睡觉的地方有冷风"),
        ("他的姐姐来看他，他们打牌，笑得很开心", "打牌", "他心情好吗，有人陪吗"),
        ("烟雾报警器换了新电池", "电池", "火灾探测器的保养"),
        ("她的左脚踝从昨天起肿了", "脚踝", "腿疼"),
        ("扫烟囱的人星期一来", "烟囱", "谁来清理炉子的排烟管"),
        ("她听力不好，助听器需要换电池", "助听器", "打电话时她听不懂我们说话"),
    ),
    "ja": (
        ("母は今日、朝食に手をつけなかった", "朝食", "朝ごはんを食べていない"),
        ("医師が血圧の薬を半分に減らした", "血圧", "新しい薬が処方された"),
        ("よく眠れず、夜中に四回起きた", "夜中", "夜に落ち着かず目が覚める"),
        ("廊下のラジエーターが少し漏れている", "廊下", "暖房から水が垂れる"),
        ("隣のエリカさんが合鍵を返してくれた", "合鍵", "誰がドアを開けられるか"),
        ("絨毯につまずいたが、けがはなかった", "絨毯", "転倒したことがあるか"),
        ("猫を獣医に連れて行き、襟巻きをつけている", "獣医", "ペットの具合が悪い"),
        ("船の軽油タンクに60リットル給油した", "軽油", "最後に燃料を買ったのはいつ"),
        ("理学療法は木曜の十時に変わった", "理学療法", "運動の予約"),
        ("孫の名前を思い出せなかった", "名前", "記憶力の低下と混乱"),
        ("寝室の窓がきちんと閉まらない", "寝室", "寝るところに冷たい風が入る"),
        (
            "姉が訪ねてきて、トランプをして笑っていた",
            "トランプ",
            "楽しそうで誰かと一緒だったか",
        ),
        ("煙感知器の電池を交換した", "電池", "火災報知器の手入れ"),
        ("昨日から左の足首が腫れている", "足首", "脚の痛み"),
        ("月曜日に煙突掃除の人が来る", "煙突", "ストーブの排気管を掃除する人"),
        ("耳が遠く、補聴器の電池を替える必要がある", "補聴器", "電話で話が通じない"),
    ),
}

EVENTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "Care button: cord pulled",
        (
            "emergency call from the bathroom",
            "Notruf",
            "appel d'urgence",
            "llamada de emergencia",
            "紧急呼叫",
            "緊急ボタン",
        ),
    ),
    (
        "Boat heater: overheat trip, the burner is locked",
        (
            "heating broke down because it was too hot",
            "Heizung ausgefallen, zu heiß",
            "panne du chauffage, surchauffe",
            "avería de la calefacción por exceso de calor",
            "暖气过热故障",
            "暖房が過熱して止まった",
        ),
    ),
    (
        "Front door: opened",
        (
            "did somebody come home",
            "Haustür geöffnet",
            "porte d'entrée ouverte",
            "puerta principal abierta",
            "大门打开了",
            "玄関のドアが開いた",
        ),
    ),
    (
        "Kitchen smoke alarm: on",
        (
            "was there a fire",
            "Rauch in der Küche",
            "fumée dans la cuisine",
            "humo en la cocina",
            "厨房有烟",
            "台所で煙が出た",
        ),
    ),
    (
        "Living room node does not answer any more",
        (
            "sensor offline",
            "Gerät im Wohnzimmer nicht erreichbar",
            "appareil du salon injoignable",
            "dispositivo del salón sin conexión",
            "客厅设备离线",
            "居間の機器がオフライン",
        ),
    ),
    (
        "Bathroom: water leak detected",
        (
            "flooding in the shower",
            "Wasser im Bad",
            "fuite d'eau dans la salle de bain",
            "fuga de agua en el baño",
            "浴室漏水",
            "浴室の水漏れ",
        ),
    ),
)
