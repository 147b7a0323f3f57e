import assert from "node:assert/strict";
import { test } from "node:test";

import { dayOf, shift, startOf, timeOfDay } from "../src/timeline/time";

const BERLIN = "Europe/Berlin";
const HOUR = 3600;

test("a day begins at the local midnight", () => {
  assert.equal(startOf("2026-01-15", BERLIN), Date.parse("2026-01-14T23:00:00Z") / 1000);
  assert.equal(startOf("2026-07-15", "UTC"), Date.parse("2026-07-15T00:00:00Z") / 1000);
  assert.equal(startOf("2026-07-15", "Asia/Kathmandu"), Date.parse("2026-07-14T18:15:00Z") / 1000);
});

test("the days of the clock changes have 23 and 25 hours", () => {
  assert.equal(startOf("2026-03-30", BERLIN) - startOf("2026-03-29", BERLIN), 23 * HOUR);
  assert.equal(startOf("2026-10-26", BERLIN) - startOf("2026-10-25", BERLIN), 25 * HOUR);
});

test("a day without a midnight begins when it begins", () => {
  // Summer time begins at midnight in Beirut.
  const start = startOf("2026-03-29", "Asia/Beirut");
  assert.equal(dayOf(start, "Asia/Beirut"), "2026-03-29");
  assert.equal(dayOf(start - 1, "Asia/Beirut"), "2026-03-28");
});

test("days are counted over months and leap years", () => {
  assert.equal(shift("2026-03-01", -1), "2026-02-28");
  assert.equal(shift("2028-02-28", 1), "2028-02-29");
  assert.equal(shift("2026-12-31", 1), "2027-01-01");
});

test("the time of day follows the profile", () => {
  const hass = (time_format: "12" | "24") =>
    ({ locale: { language: "en", time_format, time_zone: "server" }, config: { time_zone: BERLIN } }) as const;
  const moment = Date.parse("2026-01-15T19:05:00Z") / 1000;
  assert.equal(timeOfDay(moment, hass("24")), "20:05");
  assert.match(timeOfDay(moment, hass("12")), /^8:05\sPM$/);
});
