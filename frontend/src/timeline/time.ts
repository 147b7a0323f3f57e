// Days and times of day as the person in front of the screen means them.

import type { HomeAssistant } from "../home-assistant";

/** A day of the calendar, `YYYY-MM-DD`. */
export type Day = string;

/** Return the time zone that the user's profile asks for. */
export function timeZone(hass: Pick<HomeAssistant, "locale" | "config">): string {
  return hass.locale.time_zone === "server"
    ? hass.config.time_zone
    : Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** Return the day of a moment (seconds since the epoch). */
export function dayOf(moment: number, zone: string): Day {
  return new Intl.DateTimeFormat("en-CA", {
    timeZone: zone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
  }).format(moment * 1000);
}

/** Return the day so many days later. */
export function shift(day: Day, days: number): Day {
  const noon = new Date(`${day}T12:00:00Z`);
  noon.setUTCDate(noon.getUTCDate() + days);
  return noon.toISOString().slice(0, 10);
}

/** Return when a day begins, in seconds since the epoch; a day has 23 to 25 hours. */
export function startOf(day: Day, zone: string): number {
  const midnight = Date.parse(`${day}T00:00:00Z`) / 1000;
  // The offset is asked for twice: it may change between the first guess and the real midnight.
  const guess = midnight - offset(midnight, zone);
  const start = midnight - offset(guess, zone);
  // Where the clocks go forward at midnight, the day begins an hour later.
  return dayOf(start, zone) === day ? start : guess;
}

/** Return how far a zone is ahead of UTC at a moment, in seconds. */
function offset(moment: number, zone: string): number {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  }).formatToParts(moment * 1000);
  const part = (type: string) => Number(parts.find((one) => one.type === type)?.value);
  const local = Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second"));
  return local / 1000 - Math.floor(moment);
}

/** Write a time of day as the user's profile asks for. */
export function timeOfDay(moment: number, hass: Pick<HomeAssistant, "locale" | "config">): string {
  const { language, time_format: format } = hass.locale;
  return new Intl.DateTimeFormat(format === "system" ? undefined : language, {
    timeZone: timeZone(hass),
    hour: format === "12" ? "numeric" : "2-digit",
    minute: "2-digit",
    ...(format === "12" || format === "24" ? { hourCycle: format === "12" ? "h12" : "h23" } : {}),
  }).format(moment * 1000);
}

/** Write a day in words, with its weekday. */
export function dayInWords(day: Day, language: string): string {
  return new Intl.DateTimeFormat(language, {
    timeZone: "UTC",
    weekday: "long",
    day: "numeric",
    month: "long",
    ...(day.slice(0, 4) === new Date().toISOString().slice(0, 4) ? {} : { year: "numeric" }),
  }).format(Date.parse(`${day}T12:00:00Z`));
}
