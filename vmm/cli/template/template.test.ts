import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cases, row } from '../../../test/cli/templates/cases.ts';
import { MvmError } from '../../contract/errors.ts';
import { compile } from './evaluate.ts';

const said = (template: string): string => compile(template)(row);

describe('a template', () => {
  it.each(cases)('%s', (template, text) => {
    expect(said(template)).toBe(text);
  });

  it.each([
    ['{{.Name}}', 'there is no field Name', 'Did you mean .Names?'],
    ['{{.State.Stauts}}', 'there is no field Stauts', 'Did you mean .Status?'],
    ['{{.constructor}}', 'there is no field constructor', 'There are'],
    ['{{.Names', "}} is missing after '{{.Names'", ''],
    ['{{if .Names}}a', '{{end}} is missing after {{if .Names}}', ''],
    ['{{end}}', 'nothing that {{end}} could belong to', ''],
    ['{{if}}x{{end}}', 'a value is missing in {{if}}', ''],
    ['{{frob .Names}}', 'there is no function frob', 'There are and, eq'],
    ['{{join .Names}}', 'join needs 2 values', ''],
    ['{{join .Names ","}}', 'join takes a list, not a string', ''],
    ['{{truncate .Names -1}}', 'truncate takes a whole number', ''],
    ['{{.Names "x"}}', 'a string takes no arguments', ''],
    ['{{.Names.First}}', 'there is no First in a string', ''],
    ['{{.None.First}}', 'there is no First in what has no value', ''],
    ['{{index .Ports 7}}', 'there is no element 7 in a list of 2', ''],
    ['{{$y}}', 'there is no variable $y', ''],
    ['{{eq .Names 1}}', 'a string and a number cannot be compared', ''],
    ['{{(.Names}}', ') is missing', ''],
    ['{{.Names)}}', 'goes on where it should have ended', ''],
    ['{{break}}', 'has no place here', ''],
    ['{{define "x"}}{{end}}', 'a format is one template', ''],
    ['{{range .Names}}{{end}}', 'range goes over lists and maps, not over a string', ''],
    ['{{%}}', "'%' means nothing", ''],
  ])('%s is refused with a sentence', (template, message, hint) => {
    let error: unknown;
    try {
      said(template);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(MvmError);
    expect(error).toMatchObject({ code: 'usage', message: expect.stringContaining(`--format: `) });
    expect((error as MvmError).message).toContain(message);
    expect((error as MvmError).hint ?? '').toContain(hint);
  });

  it('answers or is refused with a sentence, whatever it says', () => {
    const part = fc.constantFrom(
      ...[
        '{{',
        '}}',
        '{{-',
        ' -}}',
        '.',
        '.Names',
        '$',
        '$x',
        ':=',
        '=',
        ',',
        '|',
        '(',
        ')',
        '"a"',
        '`',
        "'",
        '7',
        '-',
      ],
      ...['if ', 'else ', 'end', 'range ', 'with ', 'break', 'index ', 'json ', 'and ', 'printf ', 'nil', ' ', 'é'],
    );
    const templates = fc.oneof(
      fc.array(part, { maxLength: 14 }).map((parts) => parts.join('')),
      fc.array(part, { maxLength: 8 }).map((parts) => `{{${parts.join('')}}}`),
    );
    fc.assert(
      fc.property(templates, (template) => {
        try {
          expect(typeof said(template)).toBe('string');
        } catch (error) {
          expect(error).toBeInstanceOf(MvmError);
        }
      }),
      { numRuns: 3000 },
    );
  });
});
