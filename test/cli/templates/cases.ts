/** Templates, and what they say of one row: for our own engine and for Go's, see main.go. */
import { fields } from '../../../vmm/cli/template/values.ts';

export const row = fields({
  Names: 'web',
  ID: '0123456789ab',
  Count: 3,
  Zero: 0,
  Empty: '',
  None: null,
  Ports: ['80/tcp', '443/tcp'],
  Nested: [
    { Name: 'a', Tags: ['x'] },
    { Name: 'b', Tags: [] },
  ],
  Labels: { app: 'shop', tier: 'front' },
  Label: (name: string) => (name === 'app' ? 'shop' : ''),
  State: fields({ Status: 'running', ExitCode: 0 }),
});

export const cases: [template: string, text: string][] = [
  // Fields
  ['{{.Names}}', 'web'],
  ['name={{ .Names }};', 'name=web;'],
  ['{{.State.Status}} {{.State.ExitCode}}', 'running 0'],
  ['{{.Labels.tier}} {{.Labels.none}}', 'front <no value>'],
  ['{{.Label "app"}}|{{.Label "x"}}', 'shop|'],
  ['{{.None}} {{.Ports}} {{.Labels}} {{.State}}', '<no value> [80/tcp 443/tcp] map[app:shop tier:front] {running 0}'],
  // White space and comments
  ['a  {{- .Names -}}  b', 'awebb'],
  ['a{{/* nothing */}}b {{- /* } */ -}} c', 'abc'],
  // docker's functions
  ['{{json .Ports}} {{.Names | json}} {{json .None}}', '["80/tcp","443/tcp"] "web" null'],
  ['{{json .State}}', '{"Status":"running","ExitCode":0}'],
  ['{{join .Ports ", "}}', '80/tcp, 443/tcp'],
  ['{{upper .Names}} {{lower "ABC"}} {{title "hello old world"}}', 'WEB abc Hello Old World'],
  ['{{truncate .ID 4}} {{truncate .Names 40}}', '0123 web'],
  ['{{pad .Names 1 2}}|{{pad "" 1 2}}|', ' web  ||'],
  ['{{index (split "a:b:c" ":") 1}}', 'b'],
  // Go's functions
  ['{{len .Names}} {{len .Ports}} {{len .Labels}}', '3 2 2'],
  ['{{index .Labels "app"}} {{index .Ports 1}} {{index .Nested 0 "Name"}}', 'shop 443/tcp a'],
  ['{{index .Labels "none"}}.', '.'],
  ['{{print 1 2 "a" "b" 3}} {{println .Names 1}}', '1 2ab3 web 1\n'],
  [
    '{{printf "%-5s|%5s|%03d|%q|%v|%.2f|%%|%x" .Names .Names .Count .Names true 1.5 255}}',
    'web  |  web|003|"web"|true|1.50|%|ff',
  ],
  ['{{printf "%d" .Names}} {{printf "%s"}}', '%!d(string=web) %!s(MISSING)'],
  ['{{eq .Names "web"}} {{eq .Count 1 2 3}} {{ne .Count 3}}', 'true true false'],
  ['{{lt 1 2}} {{le 2 2}} {{gt "b" "a"}} {{ge 1 2}}', 'true true true false'],
  ['{{and .Count .Names}} {{and .Zero .Names}} {{or .Empty .Names}} {{not .Zero}}', 'web 0 web true'],
  ['{{and .None .None.Deeper}}', '<no value>'],
  ['{{slice .ID 0 4}} {{slice .Ports 1}}', '0123 [443/tcp]'],
  // Pipelines and parentheses
  ['{{.Names | upper | printf "%s-%s" "x"}}', 'x-WEB'],
  ['{{(index .Nested 1).Name}}', 'b'],
  ['{{if and (eq .Names "web") (not .Zero)}}yes{{end}}', 'yes'],
  // Blocks
  ['{{if .Empty}}a{{else if .Zero}}b{{else if .Count}}c{{else}}d{{end}}', 'c'],
  ['{{if .None}}a{{end}}b', 'b'],
  ['{{with .State}}{{.Status}} {{$.Names}}{{end}}{{with .Empty}}x{{else}}none{{end}}', 'running webnone'],
  ['{{range .Ports}}<{{.}}>{{end}}{{range .None}}x{{else}}nothing{{end}}', '<80/tcp><443/tcp>nothing'],
  ['{{range $i, $p := .Ports}}{{if $i}}, {{end}}{{$p}}{{end}}', '80/tcp, 443/tcp'],
  ['{{range $k, $v := .Labels}}{{$k}}={{$v}} {{end}}', 'app=shop tier=front '],
  ['{{range .Nested}}{{.Name}}{{range .Tags}}-{{.}}{{end}};{{end}}', 'a-x;b;'],
  ['{{range .Ports}}{{if eq . "443/tcp"}}{{continue}}{{end}}{{.}}{{break}}never{{end}}', '80/tcp'],
  // Variables
  ['{{$x := .Count}}{{$x}}{{if true}}{{$x = 7}}{{end}}{{$x}}', '37'],
  ['{{$x := 1}}{{if true}}{{$x := 2}}{{end}}{{$x}}', '1'],
  // Literals
  [
    '{{"a\\tb\\"\\u00e9"}} {{`raw \\n`}} {{-3}} {{0x10}} {{1.5}} {{true}} {{\'a\'}}',
    'a\tb"é raw \\n -3 16 1.5 true 97',
  ],
];
