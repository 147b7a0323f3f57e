import assert from "node:assert/strict";
import { test } from "node:test";

import { words } from "../src/localize";
import { pieces } from "../src/timeline/data";

test("highlights count characters, not code units", () => {
  assert.deepEqual(pieces("🔥 stove on", [[2, 7]]), [
    { text: "🔥 ", marked: false },
    { text: "stove", marked: true },
    { text: " on", marked: false },
  ]);
});

test("highlights that overlap or are empty do no harm", () => {
  const text = pieces("abcdef", [
    [3, 5],
    [0, 4],
    [5, 5],
  ])
    .map((piece) => piece.text)
    .join("");
  assert.equal(text, "abcdef");
});

test("a language falls back to its main language, then to English", () => {
  assert.equal(words("de-CH").today, "Heute");
  assert.equal(words("zh-Hant").today, "今天");
  assert.equal(words("xx").today, "Today");
});

test("every language has every word", () => {
  const keys = (value: object) => Object.keys(value).sort();
  for (const language of ["de", "es", "fr", "ja", "zh-Hans"]) {
    assert.deepEqual(keys(words(language)), keys(words("en")), language);
    assert.deepEqual(keys(words(language).kinds), keys(words("en").kinds), language);
  }
});
