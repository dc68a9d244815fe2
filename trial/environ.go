package trial

import (
	"path/filepath"
	"runtime"
)

// Inherited lists the variables that programs of a trial get from the environment of this process. No other
// variable reaches them. A name is on the list when toolchains need it and when its value is a path, a language
// or a time zone: variables in which people keep keys, tokens or addresses with a password in them, such as
// those of package registries and proxies, stay off it.
func Inherited() []string {
	names := []string{
		"PATH", "LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "LC_COLLATE", "LC_MESSAGES", "LC_MONETARY", "LC_NUMERIC", "LC_TIME", "TZ",
		"USER", "LOGNAME", "SHELL",
		"SSL_CERT_FILE", "SSL_CERT_DIR", "NODE_EXTRA_CA_CERTS",
		"GOROOT", "GOCACHE", "GOMODCACHE", "GOTOOLCHAIN",
		"JAVA_HOME", "DOTNET_ROOT", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN", "PYENV_ROOT", "VIRTUAL_ENV", "NVM_DIR", "VOLTA_HOME",
	}
	if runtime.GOOS == "windows" {
		names = append(names, "SYSTEMROOT", "WINDIR", "COMSPEC", "PATHEXT", "PROGRAMFILES", "PROGRAMDATA")
	}
	return names
}

// inherited returns the entries of the environment that pass the list. An empty value counts as absent.
func inherited(getenv func(string) string) []string {
	var out []string
	for _, name := range Inherited() {
		if value := getenv(name); value != "" {
			out = append(out, name+"="+value)
		}
	}
	return out
}

// cleanEnv returns the environment that set-up, agent and grader share: the inherited entries, a home and a
// folder for temporary files that belong to this trial alone, and the settings that keep programs quiet. Most agents send even
// loopback traffic to a proxy of the environment, hence NO_PROXY.
func cleanEnv(inherited []string, home, temp string) []string {
	const loopback = "127.0.0.1,localhost,::1"
	env := append([]string(nil), inherited...)
	env = append(env,
		"HOME="+home,
		"TMPDIR="+temp,
		"NO_PROXY="+loopback, "no_proxy="+loopback,
		"TERM=dumb",
		"CI=true",
	)
	if runtime.GOOS == "windows" {
		env = append(env, "USERPROFILE="+home, "APPDATA="+filepath.Join(home, "AppData"), "TEMP="+temp, "TMP="+temp)
	}
	return env
}
