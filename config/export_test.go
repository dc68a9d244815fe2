package config

// Keys is the list of keys that the decoder knows.
var Keys = keys
