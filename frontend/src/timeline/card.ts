// A dashboard card: what happened at home on a day, and a search over all days.

import { LitElement, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { property, query, state } from "lit/decorators.js";

import { reason, type HomeAssistant } from "../home-assistant";
import { fill, words, type Words } from "../localize";
import { NO_FILTER, addNote, follow, load, pieces, type Filter, type Item, type Media, type Page } from "./data";
import { icon } from "./icons";
import { styles } from "./styles";
import { dayInWords, dayOf, shift, startOf, timeOfDay, timeZone, type Day } from "./time";

export interface TimelineConfig {
  type: string;
  title?: string;
  entry_id?: string;
  person?: string;
  room?: string;
  show_filters?: boolean;
  show_note?: boolean;
}

/** How long typing has to pause before it is looked for, in milliseconds. */
const PAUSE = 350;

export class TimelineCard extends LitElement {
  static override styles = styles;

  static getStubConfig(): Partial<TimelineConfig> {
    return {};
  }

  static getConfigForm() {
    return {
      schema: [
        { name: "title", selector: { text: {} } },
        { name: "person", selector: { text: {} } },
        { name: "room", selector: { text: {} } },
        { name: "show_filters", default: true, selector: { boolean: {} } },
        { name: "show_note", default: true, selector: { boolean: {} } },
      ],
      computeLabel: (field: { name: string }) => {
        const shown = words(document.documentElement.lang);
        const labels: Record<string, string> = {
          title: shown.title,
          person: shown.person,
          room: shown.room,
          show_filters: shown.filters,
          show_note: shown.notes,
        };
        return labels[field.name];
      },
    };
  }

  @property({ attribute: false }) hass?: HomeAssistant;

  @state() private config?: TimelineConfig;
  /** The day that is shown; null follows the calendar. */
  @state() private day: Day | null = null;
  @state() private filter: Filter = NO_FILTER;
  @state() private page: Page | null = null;
  @state() private busy = false;
  @state() private problem: string | null = null;
  @state() private noteProblem: string | null = null;
  @state() private opened: { media: Media; label: string } | null = null;

  @query("dialog") private dialog?: HTMLDialogElement;

  private asked = 0;
  private typing: number | undefined;
  private midnight: number | undefined;
  private unsubscribe: Promise<() => void> | undefined;

  setConfig(config: TimelineConfig): void {
    this.config = config;
    this.filter = { ...NO_FILTER, person: config.person ?? "", room: config.room ?? "" };
    this.page = null;
    if (this.hass) void this.refresh();
  }

  getCardSize(): number {
    return 8;
  }

  getGridOptions() {
    return { columns: 12, min_columns: 6, rows: "auto" };
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.hass && this.config) this.begin();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.clearTimeout(this.typing);
    window.clearTimeout(this.midnight);
    this.unsubscribe?.then((end) => end()).catch(() => undefined);
    this.unsubscribe = undefined;
  }

  protected override shouldUpdate(changed: PropertyValues): boolean {
    // Home Assistant hands over a new object with every state; what is shown here hangs on few of its parts.
    if (changed.size > 1 || !changed.has("hass")) return true;
    const before = changed.get("hass") as HomeAssistant | undefined;
    return before?.language !== this.hass?.language || before?.locale !== this.hass?.locale || !before;
  }

  protected override updated(changed: PropertyValues): void {
    if (changed.has("hass") && changed.get("hass") === undefined && this.config) this.begin();
    if (changed.has("opened") && this.opened) this.dialog?.showModal();
  }

  private begin(): void {
    if (this.unsubscribe || !this.hass) return;
    this.unsubscribe = follow(this.hass, this.config?.entry_id, () => void this.refresh());
    this.unsubscribe.catch(() => {
      this.unsubscribe = undefined;
    });
    void this.refresh();
  }

  private get today(): Day {
    return dayOf(Date.now() / 1000, timeZone(this.hass!));
  }

  private get span(): { start: number; end: number } | null {
    if (this.filter.query) return null;
    const day = this.day ?? this.today;
    const zone = timeZone(this.hass!);
    return { start: startOf(day, zone), end: startOf(shift(day, 1), zone) };
  }

  /** Ask again from the start, or for the page behind what is shown; a late answer to an older question is dropped. */
  private async refresh(cursor: string | null = null): Promise<void> {
    if (!this.hass) return;
    const number = ++this.asked;
    this.busy = true;
    this.watchMidnight();
    try {
      const page = await load(this.hass, this.config?.entry_id, this.filter, this.span, cursor);
      if (number !== this.asked) return;
      this.page = cursor && this.page ? { ...page, items: [...this.page.items, ...page.items] } : page;
      this.problem = null;
    } catch (error) {
      if (number !== this.asked) return;
      this.problem = reason(error);
    } finally {
      if (number === this.asked) this.busy = false;
    }
  }

  /** A card that stays open over midnight goes on with the new day. */
  private watchMidnight(): void {
    window.clearTimeout(this.midnight);
    const end = startOf(shift(this.today, 1), timeZone(this.hass!)) * 1000;
    this.midnight = window.setTimeout(() => void this.refresh(), Math.max(end - Date.now() + 1000, 1000));
  }

  private show(day: Day): void {
    this.day = day >= this.today ? null : day;
    this.page = null;
    if (this.filter.query) this.filter = { ...this.filter, query: "" };
    void this.refresh();
  }

  private narrow(change: Partial<Filter>): void {
    this.filter = { ...this.filter, ...change };
    void this.refresh();
  }

  private typed(event: Event): void {
    const text = (event.target as HTMLInputElement).value.trim();
    window.clearTimeout(this.typing);
    this.typing = window.setTimeout(() => this.narrow({ query: text }), PAUSE);
  }

  private async saveNote(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const field = form.elements.namedItem("note") as HTMLInputElement;
    const text = field.value.trim();
    if (!text || !this.hass) return;
    try {
      await addNote(this.hass, this.config?.entry_id, text, this.filter);
      field.value = "";
      this.noteProblem = null;
      this.day = null;
      await this.refresh();
    } catch (error) {
      this.noteProblem = reason(error);
    }
  }

  protected override render(): TemplateResult | typeof nothing {
    if (!this.hass || !this.config) return nothing;
    const shown = words(this.hass.language);
    return html`
      <ha-card>
        ${this.renderHead(shown)} ${this.config.show_filters === false ? nothing : this.renderFilters(shown)}
        <div class="bar ${this.busy ? "busy" : ""}" role="status">
          ${this.busy ? html`<span class="hidden">${shown.loading}</span>` : nothing}
        </div>
        <div class="body" aria-busy=${this.busy}>
          ${this.config.show_note === false || this.filter.query ? nothing : this.renderNote(shown)}
          ${this.renderBody(shown)}
        </div>
        ${this.renderOpened(shown)}
      </ha-card>
    `;
  }

  private renderHead(shown: Words): TemplateResult {
    const day = this.day ?? this.today;
    const name =
      day === this.today
        ? shown.today
        : day === shift(this.today, -1)
          ? shown.yesterday
          : dayInWords(day, this.hass!.locale.language);
    return html`
      <div class="head">
        ${this.config?.title ? html`<h2>${this.config.title}</h2>` : nothing}
        <div class="days">
          <button class="round" aria-label=${shown.previous_day} @click=${() => this.show(shift(day, -1))}>
            <ha-icon icon="mdi:chevron-left"></ha-icon>
          </button>
          <div class="day">
            <span aria-hidden="true">${name}</span>
            <input
              type="date"
              aria-label=${shown.pick_day}
              .value=${day}
              max=${this.today}
              @click=${(event: Event) => (event.target as HTMLInputElement).showPicker?.()}
              @change=${(event: Event) => {
                const { value } = event.target as HTMLInputElement;
                if (value) this.show(value);
              }}
            />
          </div>
          <button
            class="round"
            aria-label=${shown.next_day}
            ?disabled=${day === this.today}
            @click=${() => this.show(shift(day, 1))}
          >
            <ha-icon icon="mdi:chevron-right"></ha-icon>
          </button>
        </div>
      </div>
    `;
  }

  private renderFilters(shown: Words): TemplateResult {
    return html`
      <div class="filters" role="search">
        <label class="field">
          <ha-icon icon="mdi:magnify"></ha-icon>
          <input
            type="search"
            placeholder=${shown.search}
            aria-label=${shown.search}
            .value=${this.filter.query}
            @input=${this.typed}
          />
          ${this.filter.query
            ? html`<button class="round" aria-label=${shown.clear} @click=${() => this.narrow({ query: "" })}>
                <ha-icon icon="mdi:close"></ha-icon>
              </button>`
            : nothing}
        </label>
        ${this.renderChoice("person", shown.person, shown.everyone, this.page?.persons ?? [])}
        ${this.renderChoice("room", shown.room, shown.everywhere, this.page?.rooms ?? [])}
        ${this.renderChoice("kind", shown.kind, shown.everything, Object.keys(shown.kinds), shown.kinds)}
      </div>
    `;
  }

  private renderChoice(
    field: "person" | "room" | "kind",
    label: string,
    all: string,
    values: string[],
    names: Record<string, string> = {},
  ): TemplateResult | typeof nothing {
    const chosen = this.filter[field];
    const offered = chosen && !values.includes(chosen) ? [chosen, ...values] : values;
    if (!offered.length) return nothing;
    return html`
      <select
        class=${chosen ? "set" : ""}
        aria-label=${label}
        @change=${(event: Event) => this.narrow({ [field]: (event.target as HTMLSelectElement).value })}
      >
        <option value="" ?selected=${!chosen}>${all}</option>
        ${offered.map((value) => html`<option value=${value} ?selected=${value === chosen}>${names[value] ?? value}</option>`)}
      </select>
    `;
  }

  private renderBody(shown: Words): TemplateResult {
    if (this.problem) {
      return html`
        <div class="empty" role="alert">
          <ha-icon icon="mdi:alert-circle-outline"></ha-icon>
          <span>${fill(shown.failed, { reason: this.problem })}</span>
          <button class="more" @click=${() => void this.refresh()}>${shown.retry}</button>
        </div>
      `;
    }
    if (!this.page) return html``;
    if (!this.page.items.length) {
      return html`
        <div class="empty">
          <ha-icon icon="mdi:calendar-blank-outline"></ha-icon>
          <span>${this.filter.query ? shown.nothing_found : shown.nothing}</span>
        </div>
      `;
    }
    const { next, complete } = this.page;
    return html`
      ${this.renderMeaning(shown)} ${complete ? nothing : html`<p class="hint">${shown.incomplete}</p>`}
      ${this.renderItems(shown)}
      ${next ? html`<button class="more" @click=${() => void this.refresh(next)}>${shown.more}</button>` : nothing}
    `;
  }

  /** Say which time a phrase such as "yesterday morning" was taken for. */
  private renderMeaning(shown: Words): TemplateResult | typeof nothing {
    const time = this.page?.time;
    if (!time) return nothing;
    const inWords = (moment: number) =>
      `${dayInWords(dayOf(moment, timeZone(this.hass!)), this.hass!.locale.language)}, ${timeOfDay(moment, this.hass!)}`;
    const values = { phrase: time.phrase, since: inWords(time.since), until: inWords(time.until) };
    return html`<p class="hint">${fill(shown.meant, values)}</p>`;
  }

  private renderItems(shown: Words): TemplateResult[] {
    const zone = timeZone(this.hass!);
    const days: { day: Day; items: Item[] }[] = [];
    for (const item of this.page!.items) {
      const day = dayOf(item.ts, zone);
      const last = days.at(-1);
      if (last?.day === day) last.items.push(item);
      else days.push({ day, items: [item] });
    }
    return days.map(
      ({ day, items }) => html`
        ${this.filter.query ? html`<h3 class="date">${dayInWords(day, this.hass!.locale.language)}</h3>` : nothing}
        <ol>
          ${items.map((item) => this.renderItem(item, shown))}
        </ol>
      `,
    );
  }

  private renderItem(item: Item, shown: Words): TemplateResult {
    const where = [item.device_name, item.room, item.person].filter((part, index, all) => part && all.indexOf(part) === index);
    const level = item.level === "info" ? "" : item.level;
    return html`
      <li class="${level} kind-${item.kind}">
        <time datetime=${new Date(item.ts * 1000).toISOString()}>${timeOfDay(item.ts, this.hass!)}</time>
        <span class="dot"><ha-icon icon=${icon(item)}></ha-icon></span>
        <div class="what">
          ${level ? html`<span class="hidden">${item.level === "alarm" ? shown.alarm : shown.warning}: </span>` : nothing}
          <div class="text"
            >${pieces(item.text, item.highlights).map((piece) =>
              piece.marked ? html`<mark>${piece.text}</mark>` : piece.text,
            )}</div
          >
          ${where.length ? html`<div class="where">${where.join(" · ")}</div>` : nothing}
          ${item.media.length ? html`<div class="media">${item.media.map((media) => this.renderMedia(media, item, shown))}</div>` : nothing}
        </div>
      </li>
    `;
  }

  private renderMedia(media: Media, item: Item, shown: Words): TemplateResult {
    const time = timeOfDay(item.ts, this.hass!);
    if (media.content_type?.startsWith("audio/")) {
      const label = fill(shown.sound, { time });
      return html`<audio controls preload="none" aria-label=${label} src=${this.hass!.hassUrl(media.url)}></audio>`;
    }
    const label = fill(shown.picture, { time });
    return html`
      <button aria-label=${label} @click=${() => (this.opened = { media, label })}>
        <img loading="lazy" alt=${label} src=${this.hass!.hassUrl(media.thumbnail ?? media.url)} />
      </button>
    `;
  }

  /** The first line of the timeline is the one that is yet to be written. */
  private renderNote(shown: Words): TemplateResult {
    return html`
      <form class="note" @submit=${this.saveNote}>
        <span class="dot"><ha-icon icon="mdi:pencil-outline"></ha-icon></span>
        <input name="note" type="text" maxlength="4000" autocomplete="off" placeholder=${shown.note} aria-label=${shown.note} />
        <button class="round" aria-label=${shown.save_note}><ha-icon icon="mdi:send"></ha-icon></button>
        ${this.noteProblem
          ? html`<p class="error" role="alert">${fill(shown.note_failed, { reason: this.noteProblem })}</p>`
          : nothing}
      </form>
    `;
  }

  private renderOpened(shown: Words): TemplateResult | typeof nothing {
    if (!this.opened) return nothing;
    const { media, label } = this.opened;
    return html`
      <dialog aria-label=${label} @close=${() => (this.opened = null)} @click=${() => this.dialog?.close()}>
        <img alt=${label} src=${this.hass!.hassUrl(media.url)} />
        <button class="round" aria-label=${shown.close}><ha-icon icon="mdi:close"></ha-icon></button>
      </dialog>
    `;
  }
}
