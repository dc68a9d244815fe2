package trial

import (
	"errors"
	"path/filepath"
	"strings"

	"github.com/pertask/pertask/arm"
)

// Names of variables that the harness "command" sets. A setting that the arm does not have leaves its
// variable unset. None of them tells the program which arm it works for.
//
// Settings of slots other than the main one have the slot's name in theirs: PERTASK_SMALL_MODEL is the model
// of the slot "small". Settings that this list does not name are passed alike: PERTASK_ and the key, in
// capitals, with '_' for everything that is neither a letter nor a digit.
const (
	EnvTask            = "PERTASK_TASK"              // id of the task
	EnvPrompt          = "PERTASK_PROMPT"            // the task's prompt
	EnvModel           = "PERTASK_MODEL"             // model of the main slot
	EnvProvider        = "PERTASK_PROVIDER"          // its provider
	EnvEffort          = "PERTASK_EFFORT"            // its reasoning effort
	EnvTemperature     = "PERTASK_TEMPERATURE"       // its temperature
	EnvMaxOutputTokens = "PERTASK_MAX_OUTPUT_TOKENS" // its limit of output tokens
	EnvServiceTier     = "PERTASK_SERVICE_TIER"      // its service tier
	EnvBaseURL         = "PERTASK_BASE_URL"          // base URL of the arm's upstream at the metering proxy
	EnvToken           = "PERTASK_TOKEN"             // key that works there, and for this trial only
	// EnvSettingsDir names a folder that holds the watched files of the base with the arm's values written in,
	// at their paths from the root of the repository, for applications that read such a file themselves.
	EnvSettingsDir = "PERTASK_SETTINGS_DIR"
	// EnvUsageFile names a file that the program may write to say what it thinks that it consumed, as a JSON object
	// with any of input (uncached), cache_read, cache_creation, output (with reasoning), reasoning and usd. The
	// report says so when it disagrees with what was metered.
	EnvUsageFile = "PERTASK_USAGE_FILE"
)

// Command returns the harness "command": any program that the task's command starts by way of sh, in the
// workspace. Model settings, address and token reach it by the variables above, and by those that the
// providers' own libraries read: OPENAI_BASE_URL and OPENAI_API_KEY, ANTHROPIC_BASE_URL and ANTHROPIC_API_KEY,
// as far as the proxy has those upstreams. Where it has no upstream "openai", the OPENAI variables lead to the
// arm's own one if that speaks the same format.
//
// The answer is what the program writes to its standard output. Its exit status decides nothing, since agents
// exit with 0 after failures and with other numbers after successes.
func Command() Harness {
	return Harness{Name: "command", Start: startCommand, SelfReport: readSelfReport}
}

func startCommand(j Job) (Process, error) {
	if strings.TrimSpace(j.Task.Command) == "" {
		return Process{}, errors.New("the task has no command; the harness \"command\" needs one")
	}
	return Process{Argv: []string{"sh", "-c", j.Task.Command}, Env: commandEnv(j)}, nil
}

// commandEnv lists the variables of a job. A later entry wins over an earlier one of the same name, so that no
// setting can take the place of an address or a token.
func commandEnv(j Job) []string {
	env := settingsEnv(j.Arm)
	set := func(name, value string) { env = append(env, name+"="+value) }
	set(EnvTask, j.Task.ID)
	set(EnvPrompt, j.Task.Prompt)
	set(EnvBaseURL, j.Route.BaseURL)
	set(EnvToken, j.Route.Token)
	set(EnvSettingsDir, j.Settings)
	set(EnvUsageFile, filepath.Join(j.Home, selfReportFile))
	openai := j.Route.URLs["openai"]
	if openai == "" && j.Route.Format == FormatChat {
		openai = j.Route.BaseURL
	}
	if openai != "" {
		set("OPENAI_BASE_URL", openai)
		set("OPENAI_API_KEY", j.Route.Token)
	}
	if anthropic := j.Route.URLs["anthropic"]; anthropic != "" {
		set("ANTHROPIC_BASE_URL", anthropic)
		set("ANTHROPIC_API_KEY", j.Route.Token)
	}
	return env
}

// settingsEnv lists the variables of an arm's settings. A base URL is never passed on: it could lead the
// traffic past the proxy.
func settingsEnv(a arm.Arm) []string {
	var env []string
	for _, s := range a.Settings {
		if s.Key == arm.BaseURL {
			continue
		}
		name := "PERTASK_" + variable(string(s.Key))
		if s.Slot != arm.MainSlot {
			name = "PERTASK_" + variable(s.Slot) + "_" + variable(string(s.Key))
		}
		env = append(env, name+"="+s.Value)
	}
	return env
}

// variable spells a name the way in which environment variables are spelled.
func variable(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return r - 'a' + 'A'
		}
		if r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, name)
}
