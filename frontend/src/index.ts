// The cards that Hearthward brings to Home Assistant's dashboards.

import { words } from "./localize";
import { TimelineCard } from "./timeline/card";

interface CardDescription {
  type: string;
  name: string;
  description: string;
  preview: boolean;
  documentationURL: string;
}

declare global {
  interface Window {
    customCards?: CardDescription[];
  }
}

const TIMELINE = "hearthward-timeline-card";

function define(): void {
  // A page that loads the file twice, under two addresses, shall not fail.
  if (customElements.get(TIMELINE)) return;
  customElements.define(TIMELINE, TimelineCard);
  const shown = words(document.documentElement.lang || navigator.language);
  window.customCards = [
    ...(window.customCards ?? []),
    {
      type: TIMELINE,
      name: shown.name,
      description: shown.description,
      preview: true,
      documentationURL: "https://github.com/hearthward/hearthward/blob/main/docs/home-assistant.md",
    },
  ];
}

// Home Assistant puts a registry of its own in place while it starts, which does not know what was defined before.
void customElements.whenDefined("home-assistant").then(define);
