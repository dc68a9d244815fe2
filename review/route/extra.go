package route

import "encoding/json"

// extra is what an event.Event does not have.
type extra struct {
	baseChanged bool // an edit made another branch the base
	bot         bool // the comment is by a program
}

// read looks into a payload. One that cannot be read has nothing more to say.
func read(payload []byte) extra {
	var j struct {
		Changes struct {
			Base json.RawMessage `json:"base"`
		} `json:"changes"`
		Comment struct {
			User struct {
				Type string `json:"type"`
			} `json:"user"`
		} `json:"comment"`
	}
	if json.Unmarshal(payload, &j) != nil {
		return extra{}
	}
	return extra{baseChanged: len(j.Changes.Base) > 0 && string(j.Changes.Base) != "null", bot: j.Comment.User.Type == "Bot"}
}
