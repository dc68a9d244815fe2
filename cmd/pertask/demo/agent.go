package demo

import (
	"flag"
	"fmt"

	"github.com/pertask/pertask/cmd/pertask/command"
	"github.com/pertask/pertask/internal/replay"
)

// Agent returns the command that is the agent of a demo's suite. It is an ordinary program to the chain that measures it.
func Agent() command.Command {
	return command.Command{Name: agentName, Hidden: true, Short: "the agent of the demo", Long: "The agent that the demo's suite runs.",
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

// agentName is how a suite calls the agent.
const agentName = "demo-agent"
