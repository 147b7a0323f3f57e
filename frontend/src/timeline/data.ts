// What the integration tells of a day; see its websocket commands.

import type { HomeAssistant } from "../home-assistant";

export interface Media {
  id: string;
  content_type: string | null;
  url: string;
  thumbnail: string | null;
}

export interface Item {
  seq: number;
  ts: number;
  kind: string;
  text: string;
  highlights: [number, number][];
  device_id: string | null;
  device_name: string | null;
  room: string | null;
  person: string | null;
  level: "alarm" | "warning" | "info";
  media: Media[];
}

export interface Page {
  items: Item[];
  next: string | null;
  complete: boolean;
  time: { phrase: string; since: number; until: number } | null;
  persons: string[];
  rooms: string[];
}

/** What the timeline is narrowed to; empty texts mean everything. */
export interface Filter {
  query: string;
  person: string;
  room: string;
  kind: string;
}

export const NO_FILTER: Filter = { query: "", person: "", room: "", kind: "" };

/** Return a page of what happened from `start` to `end`; a query looks at all days. */
export function load(
  hass: HomeAssistant,
  entry: string | undefined,
  filter: Filter,
  span: { start: number; end: number } | null,
  cursor: string | null,
): Promise<Page> {
  const { query, person, room, kind } = filter;
  return hass.callWS<Page>({
    type: "hearthward/timeline",
    language: hass.language,
    ...(entry ? { entry_id: entry } : {}),
    ...(query ? { query } : {}),
    ...(person ? { person } : {}),
    ...(room ? { room } : {}),
    ...(kind ? { kind } : {}),
    ...(span ?? {}),
    ...(cursor ? { cursor } : {}),
  });
}

/** Call `changed` when something new happened. */
export function follow(hass: HomeAssistant, entry: string | undefined, changed: () => void): Promise<() => void> {
  return hass.connection.subscribeMessage(changed, {
    type: "hearthward/timeline/subscribe",
    ...(entry ? { entry_id: entry } : {}),
  });
}

/** Write a note down. */
export function addNote(hass: HomeAssistant, entry: string | undefined, text: string, filter: Filter): Promise<Item> {
  return hass.callWS<Item>({
    type: "hearthward/note/add",
    text,
    ...(entry ? { entry_id: entry } : {}),
    ...(filter.person ? { person: filter.person } : {}),
    ...(filter.room ? { room: filter.room } : {}),
  });
}

/** Cut a text where its highlights begin and end; they count characters, not code units. */
export function pieces(text: string, highlights: [number, number][]): { text: string; marked: boolean }[] {
  const characters = [...text];
  const found: { text: string; marked: boolean }[] = [];
  let at = 0;
  for (const [start, end] of [...highlights].sort((one, other) => one[0] - other[0])) {
    if (start < at || end <= start) continue;
    if (start > at) found.push({ text: characters.slice(at, start).join(""), marked: false });
    found.push({ text: characters.slice(start, end).join(""), marked: true });
    at = end;
  }
  if (at < characters.length) found.push({ text: characters.slice(at).join(""), marked: false });
  return found;
}
