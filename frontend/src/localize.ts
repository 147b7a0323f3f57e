// The cards' words in the languages of the integration.

import de from "./translations/de.json";
import en from "./translations/en.json";
import es from "./translations/es.json";
import fr from "./translations/fr.json";
import ja from "./translations/ja.json";
import zhHans from "./translations/zh-Hans.json";

export type Words = typeof en;
export type Word = Exclude<keyof Words, "kinds">;

const LANGUAGES: Record<string, Words> = { de, en, es, fr, ja, "zh-Hans": zhHans };

/** Return the words of a language, of its main language, or the English ones. */
export function words(language: string): Words {
  const main = language.split("-")[0] ?? "en";
  return LANGUAGES[language] ?? LANGUAGES[main === "zh" ? "zh-Hans" : main] ?? en;
}

/** Put values into the `{names}` of a text. */
export function fill(text: string, values: Record<string, string>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);
}
