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

// A page that loads the file twice, under two addresses, shall not fail.
if (!customElements.get(TIMELINE)) {
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
