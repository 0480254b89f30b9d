import { plainText, type AlertMessage } from './message.js';

/** The standard message in Slack's form: the title, and a bar of its colour beside the rest. */
export function slackBody(message: AlertMessage): Record<string, unknown> {
  const lines = message.fields.map(({ name, value, isCode }) => {
    const shown = isCode === true ? `\`${cut(value.replaceAll('`', "'"), 600)}\`` : cut(value, 600);
    return `*${cut(name, 300)}:* ${shown}`;
  });
  const blocks = [
    ...chunks(lines).map((text) => ({ type: 'section', text: mrkdwn(text) })),
    { type: 'context', elements: [mrkdwn(cut(message.footer, 600))] },
  ];
  return {
    text: `*${cut(message.title, 1000)}*`,
    unfurl_links: false,
    unfurl_media: false,
    attachments: [{ color: message.color, fallback: cut(plainText(message), 1000), blocks }],
  };
}

/** Lines put together up to what one block takes (3000 characters). */
function chunks(lines: readonly string[]): string[] {
  const texts: string[] = [];
  for (const one of lines) {
    const last = texts.at(-1);
    if (last !== undefined && last.length + one.length < 3000) texts[texts.length - 1] = `${last}\n${one}`;
    else texts.push(one);
  }
  return texts;
}

/** `verbatim`: Slack makes no links and mentions out of plain words. */
const mrkdwn = (text: string): Record<string, unknown> => ({ type: 'mrkdwn', text, verbatim: true });

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/**
 * Any text so that Slack shows it as it is: no mention, link or date comes out of it.
 *
 * For a `body` of your own.
 */
export const escapeSlack = (text: string): string => text.replace(/[&<>]/g, (one) => ENTITIES[one]!);

/** Escaped, and at most `max` characters of it; no entity is cut in two. */
function cut(text: string, max: number): string {
  let safe = '';
  for (const one of text) {
    const next = escapeSlack(one);
    if (safe.length + next.length > max - 1) return `${safe}…`;
    safe += next;
  }
  return safe;
}
