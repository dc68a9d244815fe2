package view

// What the kernel's tables and variables say of sockets.
var (
	BoundSockets = boundSockets
	MountPoints  = mountPoints
	SocketPath   = socketPath
)
