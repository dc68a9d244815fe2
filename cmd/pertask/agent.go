package main

import (
	"flag"
	"fmt"

	"github.com/pertask/pertask/internal/replay"
)

// agentCommand is the agent that the demo's suite runs. It is an ordinary program to the chain that measures it.
func agentCommand() command {
	return command{name: "demo-agent", hidden: true, short: "the agent of the demo", long: "The agent that the demo's suite runs.",
		run: func(a app, fs *flag.FlagSet, args []string) (int, error) {
			if _, err := parse(fs, args, 0); err != nil {
				return exitUsage, err
			}
			answer, err := replay.Agent(a.ctx, a.getenv("PERTASK_BASE_URL"), a.getenv("PERTASK_TOKEN"), a.getenv("PERTASK_MODEL"), a.getenv("PERTASK_PROMPT"))
			if err != nil {
				return exitVerdict, err
			}
			fmt.Fprintln(a.stdout, answer)
			return exitOK, nil
		}}
}
