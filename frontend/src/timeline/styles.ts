import { css } from "lit";

export const styles = css`
  :host {
    display: block;
  }
  ha-card {
    height: 100%;
    display: flex;
    flex-direction: column;
    overflow: hidden;
    container-type: inline-size;
  }
  .head {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 8px 16px;
    padding: 16px 16px 8px;
  }
  h2 {
    flex: 1 1 auto;
    margin: 0;
    font-size: var(--ha-card-header-font-size, 1.375rem);
    font-weight: 400;
    line-height: 1.3;
    color: var(--ha-card-header-color, var(--primary-text-color));
  }
  .days {
    display: flex;
    align-items: center;
    gap: 2px;
  }
  .days:only-child {
    flex: 1;
    justify-content: space-between;
  }
  .day {
    position: relative;
    min-width: 9.5em;
    text-align: center;
    font-weight: 500;
    color: var(--primary-text-color);
    padding: 10px 8px;
    border-radius: 8px;
  }
  .day input {
    position: absolute;
    inset: 0;
    width: 100%;
    height: 100%;
    opacity: 0;
    cursor: pointer;
    border: 0;
  }
  .day:focus-within {
    outline: 2px solid var(--primary-color);
  }
  button {
    font: inherit;
    color: inherit;
    background: none;
    border: 0;
    cursor: pointer;
  }
  button.round {
    width: 44px;
    height: 44px;
    border-radius: 50%;
    display: inline-flex;
    align-items: center;
    justify-content: center;
    color: var(--secondary-text-color);
    flex: none;
  }
  button.round:hover:not(:disabled) {
    background: color-mix(in srgb, var(--primary-text-color) 8%, transparent);
  }
  button:disabled {
    opacity: 0.35;
    cursor: default;
  }
  button:focus-visible,
  select:focus-visible,
  input:focus-visible {
    outline: 2px solid var(--primary-color);
    outline-offset: 1px;
  }
  .filters {
    display: flex;
    flex-wrap: wrap;
    gap: 8px;
    padding: 0 16px 8px;
  }
  .field {
    display: flex;
    align-items: center;
    flex: 1 1 100%;
    min-height: 44px;
    border-radius: 22px;
    background: color-mix(in srgb, var(--primary-text-color) 6%, transparent);
    color: var(--secondary-text-color);
    padding-inline: 14px 4px;
    gap: 8px;
    box-sizing: border-box;
  }
  .field:focus-within {
    outline: 2px solid var(--primary-color);
  }
  .field input {
    flex: 1;
    min-width: 0;
    font: inherit;
    color: var(--primary-text-color);
    background: none;
    border: 0;
    outline: 0;
    padding: 10px 0;
  }
  .field input::placeholder {
    color: var(--secondary-text-color);
  }
  .field input::-webkit-search-cancel-button {
    display: none;
  }
  select {
    font: inherit;
    font-size: 0.9em;
    color: var(--primary-text-color);
    background: transparent;
    border: 1px solid var(--divider-color);
    border-radius: 18px;
    min-height: 36px;
    padding: 0 10px;
    text-overflow: ellipsis;
    min-width: 0;
    max-width: 16em;
    flex: 0 1 auto;
  }
  select.set {
    background: color-mix(in srgb, var(--primary-color) 18%, transparent);
    border-color: var(--primary-color);
  }
  option {
    background: var(--card-background-color, #fff);
    color: var(--primary-text-color);
  }
  .body {
    flex: 1 1 auto;
    min-height: 120px;
    overflow-y: auto;
    padding: 8px 16px;
  }
  .hint {
    margin: 0 0 8px;
    font-size: 0.9em;
    color: var(--secondary-text-color);
  }
  .empty {
    display: flex;
    flex-direction: column;
    align-items: center;
    gap: 12px;
    padding: 32px 16px;
    text-align: center;
    color: var(--secondary-text-color);
    --mdc-icon-size: 36px;
  }
  .date {
    margin: 12px 0 4px;
    font-size: 0.85em;
    font-weight: 500;
    color: var(--secondary-text-color);
  }
  ol {
    list-style: none;
    margin: 0;
    padding: 0;
  }
  li {
    position: relative;
    display: grid;
    grid-template-columns: 3.6em 32px minmax(0, 1fr);
    column-gap: 10px;
    padding-bottom: 14px;
  }
  /* The line that joins the items, from icon to icon. */
  li:not(:last-child)::before {
    content: "";
    position: absolute;
    inset-inline-start: calc(3.6em + 10px + 15px);
    top: 34px;
    bottom: -2px;
    width: 2px;
    background: var(--divider-color);
  }
  time {
    padding-top: 6px;
    font-size: 0.85em;
    text-align: end;
    white-space: nowrap;
    font-variant-numeric: tabular-nums;
    color: var(--secondary-text-color);
  }
  .dot {
    width: 32px;
    height: 32px;
    border-radius: 50%;
    display: flex;
    align-items: center;
    justify-content: center;
    --mdc-icon-size: 18px;
    color: var(--secondary-text-color);
    background: color-mix(in srgb, var(--primary-text-color) 8%, transparent);
  }
  .note .dot,
  .kind-note .dot {
    color: var(--primary-color);
    background: color-mix(in srgb, var(--primary-color) 18%, transparent);
  }
  .warning .dot {
    color: var(--warning-color);
    background: color-mix(in srgb, var(--warning-color) 20%, transparent);
  }
  .alarm .dot {
    color: var(--text-primary-color, #fff);
    background: var(--error-color);
  }
  .what {
    padding-top: 4px;
    color: var(--primary-text-color);
    overflow-wrap: anywhere;
    line-height: 1.45;
  }
  .alarm .text {
    font-weight: 600;
    color: var(--error-color);
  }
  .text {
    white-space: pre-line;
  }
  mark {
    color: inherit;
    background: color-mix(in srgb, var(--warning-color) 35%, transparent);
    border-radius: 3px;
    padding: 0 1px;
  }
  .where {
    font-size: 0.85em;
    color: var(--secondary-text-color);
  }
  .media {
    display: flex;
    flex-wrap: wrap;
    gap: 8px;
    margin-top: 8px;
  }
  .media button {
    padding: 0;
    border-radius: 10px;
    overflow: hidden;
    line-height: 0;
    background: color-mix(in srgb, var(--primary-text-color) 6%, transparent);
  }
  .media img {
    width: 128px;
    height: 84px;
    object-fit: cover;
  }
  .media audio {
    width: min(100%, 280px);
    height: 40px;
  }
  .more {
    display: block;
    margin: 0 auto;
    padding: 10px 20px;
    border-radius: 20px;
    font-weight: 500;
    color: var(--primary-color);
  }
  .note {
    display: grid;
    grid-template-columns: 32px minmax(0, 1fr) 44px;
    align-items: center;
    column-gap: 10px;
    margin-inline-start: calc(3.6em + 10px);
    padding-bottom: 12px;
  }
  .note input {
    font: inherit;
    color: var(--primary-text-color);
    background: none;
    border: 0;
    border-bottom: 1px solid var(--divider-color);
    min-height: 44px;
    padding: 0;
    outline: 0;
  }
  .note input:focus {
    border-bottom: 2px solid var(--primary-color);
  }
  .note input::placeholder {
    color: var(--secondary-text-color);
  }
  .note input:placeholder-shown + button {
    visibility: hidden;
  }
  .note button {
    color: var(--primary-color);
  }
  .note .error {
    grid-column: 2 / -1;
    margin: 4px 0 0;
    color: var(--error-color);
    font-size: 0.9em;
  }
  .hidden {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  dialog {
    border: 0;
    padding: 0;
    max-width: 96vw;
    max-height: 94vh;
    border-radius: 16px;
    background: #000;
    color: #fff;
  }
  dialog::backdrop {
    background: rgb(0 0 0 / 70%);
  }
  dialog img {
    display: block;
    max-width: 96vw;
    max-height: 94vh;
    object-fit: contain;
  }
  dialog button {
    position: absolute;
    inset-block-start: 8px;
    inset-inline-end: 8px;
    background: rgb(0 0 0 / 55%);
    color: #fff;
  }
  .bar {
    height: 2px;
    overflow: hidden;
    background: transparent;
  }
  .bar.busy::after {
    content: "";
    display: block;
    width: 30%;
    height: 100%;
    background: var(--primary-color);
    animation: slide 1.2s ease-in-out infinite;
  }
  @keyframes slide {
    from {
      transform: translateX(-100%);
    }
    to {
      transform: translateX(340%);
    }
  }
  @media (prefers-reduced-motion: reduce) {
    .bar.busy::after {
      width: 100%;
      animation: none;
      opacity: 0.5;
    }
  }
  @container (max-width: 400px) {
    select {
      flex: 1 1 0;
      padding: 0 6px;
    }
    .head {
      padding-bottom: 4px;
    }
    .media img {
      width: 104px;
      height: 72px;
    }
    .days {
      width: 100%;
      justify-content: space-between;
    }
    li {
      grid-template-columns: 3.1em 32px minmax(0, 1fr);
      column-gap: 8px;
    }
    li:not(:last-child)::before {
      inset-inline-start: calc(3.1em + 8px + 15px);
    }
    .note {
      column-gap: 8px;
      margin-inline-start: calc(3.1em + 8px);
    }
  }
`;
