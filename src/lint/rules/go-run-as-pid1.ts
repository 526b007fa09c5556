// `go run` starts the program as its child and does not pass SIGTERM on.
import { defineRule } from '../rule.ts';

export const rule = defineRule({
  id: 'go-run-as-pid1',
  severity: 'error',
  title: '`go run` starts the program as its child and does not pass SIGTERM on',
  why: '`go run` compiles at every start, runs the result as a child, and ends on SIGTERM by itself: the container is over at that moment and the program is killed with it, whatever it was doing. It is made for the desk.',
  source: 'https://pkg.go.dev/cmd/go#hdr-Compile_and_run_Go_program',
  bad: { Dockerfile: 'FROM golang:1.24\nCOPY . /src\nWORKDIR /src\nCMD ["go", "run", "main.go"]\n' },
  good: { Dockerfile: 'FROM golang:1.24\nCOPY . /src\nWORKDIR /src\nRUN go build -o /server .\nCMD ["/server"]\n' },
  check({ programs }, report) {
    for (const { launch, launchSpan, label, platform, role } of programs) {
      if (launch?.program !== 'go' || launch.args[0] !== 'run' || platform === 'systemd' || role === 'job') continue;
      report({
        at: launchSpan,
        what: `${label[0]!.toUpperCase()}${label.slice(1)} starts \`go run\`, and SIGTERM does not reach the program behind it.`,
        todo: 'Build the program in the image (`go build`) and start it itself.',
      });
    }
  },
});
