package scripted

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// fail answers with an error in the form that all of the providers' clients understand.
func fail(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", "application/json")
	if status == http.StatusTooManyRequests {
		// Some agents ask again only after a time that they are told.
		w.Header().Set("Retry-After", "1")
		w.Header().Set("Retry-After-Ms", "100")
	}
	w.WriteHeader(status)
	body, err := json.Marshal(object{"type": "error", "error": object{"type": "scripted_error", "message": message, "code": status, "status": http.StatusText(status)}})
	if err == nil {
		_, _ = w.Write(body) // a client that has left is no error here
	}
}

// whole sends an answer in one piece, or the first half of one that is cut.
func whole(w http.ResponseWriter, v any, cut bool) {
	body, err := json.Marshal(v)
	if err != nil {
		fail(w, http.StatusInternalServerError, err.Error())
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if cut {
		w.Header().Set("Content-Length", fmt.Sprint(len(body)))
		_, _ = w.Write(body[:len(body)/2])
		hangUp(w)
	}
	_, _ = w.Write(body)
}

// stream sends an answer as a stream of events, or the first half of them.
func stream(w http.ResponseWriter, events []event, cut bool) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.WriteHeader(http.StatusOK)
	if cut {
		events = events[:len(events)/2]
	}
	for _, e := range events {
		if e.name != "" {
			fmt.Fprintf(w, "event: %s\n", e.name)
		}
		if text, ok := e.data.(string); ok {
			fmt.Fprintf(w, "data: %s\n\n", text)
			continue
		}
		data, err := json.Marshal(e.data)
		if err != nil {
			hangUp(w)
		}
		fmt.Fprintf(w, "data: %s\n\n", data)
		_ = http.NewResponseController(w).Flush()
	}
	if cut {
		hangUp(w)
	}
}

// hangUp breaks the connection off after what was sent so far, in the way that net/http has for it.
func hangUp(w http.ResponseWriter) {
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}
