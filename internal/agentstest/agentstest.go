// Package agentstest holds tests that run coding agents from end to end: a task, its harness, the runner, the metering
// proxy, and a scripted provider behind it.
//
// It knows which agents there are on this machine and how much each was served. It has no code of its own: what it holds
// together is tested here as it is used.
//
// Our own small agent runs in every test run. Others run where they are installed: on the PATH, or in the folders that
// the variable PERTASK_AGENTS lists. An agent that is missing skips its tests, unless the variable PERTASK_NEED_AGENTS
// lists it by name, which makes it a failure. "make agents" installs all that can be.
package agentstest
