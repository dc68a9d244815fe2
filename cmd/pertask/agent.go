package main

import (
	"flag"
	"fmt"

	"github.com/pertask/pertask/cmd/pertask/command"
	"github.com/pertask/pertask/internal/replay"
)

// agentCommand is the agent that the demo's suite runs. It is an ordinary program to the chain that measures it.
func agentCommand() command.Command {
	return command.Command{Name: "demo-agent", Hidden: true, Short: "the agent of the demo", Long: "The agent that the demo's suite runs.",
		Run: func(a command.App, fs *flag.FlagSet, args []string) (int, error) {
			if _, err := command.Parse(fs, args, 0); err != nil {
				return command.ExitUsage, err
			}
			answer, err := replay.Agent(a.Context, a.Getenv("PERTASK_BASE_URL"), a.Getenv("PERTASK_TOKEN"), a.Getenv("PERTASK_MODEL"), a.Getenv("PERTASK_PROMPT"))
			if err != nil {
				return command.ExitVerdict, err
			}
			fmt.Fprintln(a.Stdout, answer)
			return command.ExitOK, nil
		}}
}
