/** The declaration of `--format`, for the commands that have it; what carries it out is loaded when it is given. */

export const formatOption = {
  kind: 'text',
  value: 'TEMPLATE',
  completes: ['json', 'table'],
  help: "Print by a template, as docker's",
} as const;

/** What help and manual say of it. */
export const formatNote = (titles: Record<string, string>, example: string): string =>
  `TEMPLATE is a Go template as docker's: '${example}', or table and columns divided by \\t, or json. Its fields are ${Object.keys(titles).join(', ')}.`;
