package process

// own lists the variables that this process's own libraries and the git that it starts go on needing: folders,
// the proxies of the network, and where a repository is.
var own = []string{
	"HOME", "TMPDIR", "XDG_CONFIG_HOME", "GODEBUG", "LD_LIBRARY_PATH",
	"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
	"GIT_DIR", "GIT_WORK_TREE", "GIT_EXEC_PATH", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM",
	"GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_CEILING_DIRECTORIES",
}

// Conceal hides the environment of this process from the programs that it will run, which are other processes of
// the same user and can read it in /proc on Linux. It is called once, first thing in main. It returns a function
// that looks variables up the way os.Getenv did before.
//
// The values of all variables but those named as shown are wiped from the block of memory that /proc shows,
// which holds also against the superuser. The process is made non-dumpable, so that no other user's process,
// nor one of the same user, reads its memory or environment. And os.Getenv and os.Environ no longer have what is neither
// shown nor needed by this process's own libraries, so that no child inherits it by mistake.
//
// After an error, which names what could not be done, everything else was done all the same. Elsewhere than on
// Linux nothing is hidden, and the function is os.Getenv.
func Conceal(shown ...string) (getenv func(name string) string, err error) { return conceal(shown) }
