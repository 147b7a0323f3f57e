// How an item looks: its icon tells the kind, its color how urgent it is.

import type { Item } from "./data";

const ICONS: Record<string, string> = {
  ack: "mdi:check",
  audit: "mdi:shield-account-outline",
  command: "mdi:gesture-tap-button",
  device: "mdi:devices",
  erasure: "mdi:eraser",
  event: "mdi:bell-outline",
  incident: "mdi:alert-octagon-outline",
  media: "mdi:image-outline",
  note: "mdi:note-text-outline",
  state: "mdi:motion-sensor",
  status: "mdi:lan-connect",
};

export function icon(item: Item): string {
  if (item.level === "alarm") return "mdi:alert";
  return ICONS[item.kind] ?? "mdi:circle-small";
}
