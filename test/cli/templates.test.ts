/** Our templates against Go's own: the same templates, written and made up, say the same or are refused by both. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compile } from '../../vmm/cli/template/evaluate.ts';
import { cases, row } from './templates/cases.ts';

const hasGo = spawnSync('go', ['version']).status === 0;

function goSays(templates: string[]): (string | null)[] {
  const home = mkdtempSync(join(tmpdir(), 'mvm-go-'));
  const env = { HOME: home, ...process.env, GO111MODULE: 'off', GOFLAGS: '', GOTOOLCHAIN: 'local' };
  const input = JSON.stringify(templates);
  const main = join(import.meta.dirname, 'templates', 'main.go');
  return JSON.parse(execFileSync('go', ['run', main], { input, env, maxBuffer: 2 ** 28 }).toString());
}

/** null where it is refused; a complaint of printf's is in the text for both. */
function weSay(template: string): string | null {
  try {
    return compile(template)(row);
  } catch {
    return null;
  }
}

const text = fc.constantFrom(
  ...['.Names', '.ID', '.State.Status', '"a b"', '(upper .Names)', '(join .Ports "+")', '$t'],
);
const number = fc.constantFrom(...['.Count', '.Zero', '(len .Ports)', '7', '-1', '(len .Names)']);
const any = fc.oneof(
  text,
  number,
  fc.constantFrom('.Empty', '.None', '.Ports', '.Labels', '.Labels.tier', '.Nope', 'true'),
);
const call = fc.oneof(
  any,
  fc.tuple(fc.constantFrom('eq', 'ne', 'lt', 'ge'), any, any).map((words) => words.join(' ')),
  fc.tuple(fc.constantFrom('and', 'or'), any, any, any).map((words) => words.join(' ')),
  fc.tuple(fc.constantFrom('print', 'println', 'json', 'not', 'len'), any).map((words) => words.join(' ')),
  fc
    .tuple(fc.constantFrom('truncate', 'printf "%5s|%d"', 'index .Ports', 'slice .ID 1'), text, number)
    .map((words) => words.join(' ')),
  fc
    .tuple(any, fc.constantFrom('upper', 'json', 'len', 'print 1', 'printf "%v-%q" 2'))
    .map((words) => words.join(' | ')),
);
const action = fc
  .tuple(fc.constantFrom('{{', '{{- '), call, fc.constantFrom('}}', ' -}}'))
  .map((parts) => parts.join(''));
const literal = fc.constantFrom(' ', 'x', '\n y ', '');

const { template } = fc.letrec<{ template: string; block: string }>((tie) => ({
  template: fc
    .array(fc.oneof({ maxDepth: 3 }, literal, action, tie('block')), { maxLength: 4 })
    .map((all) => all.join('')),
  block: fc.oneof(
    fc.tuple(call, tie('template'), tie('template')).map(([of, a, b]) => `{{if ${of}}}${a}{{else}}${b}{{end}}`),
    fc.tuple(call, call, tie('template')).map(([of, other, a]) => `{{if ${of}}}1{{else if ${other}}}${a}{{end}}`),
    tie('template').map((a) => `{{with .State}}{{.Status}}{{$.Names}}{{end}}{{with .Names}}{{.}}{{else}}${a}{{end}}`),
    tie('template').map(
      (a) =>
        `{{range $i, $t := .Ports}}{{$i}}{{if eq $i 1}}{{break}}{{end}}${a.replaceAll(/(?<![\w)])\./g, '$.')}{{end}}`,
    ),
    fc.tuple(call, tie('template')).map(([of, a]) => `{{$t := ${of}}}{{$t}}${a}`),
  ),
}));

it.skipIf(!hasGo)('templates say what Go makes of them', () => {
  const made = fc.sample(template, { numRuns: 4000, seed: 7 }).map((each) => `{{$t := "t"}}${each}`);
  const all = [...cases.map(([each]) => each), ...made];
  const answers = goSays(all);
  const said = answers.filter((answer) => answer !== null);
  expect(said.length).toBeGreaterThan(all.length / 4);
  const differences = all.flatMap((each, index) => {
    const [go, we] = [answers[index], weSay(each)];
    return go === we ? [] : [{ template: each, go, we }];
  });
  expect(differences.sort((a, b) => a.template.length - b.template.length).slice(0, 12)).toEqual([]);
});
