package checkstore

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"
)

const (
	maxOutput      = 65_535 // in UTF-16 units, and for the summary in bytes too
	maxAnnotations = 50     // of one request
)

// Refusal is an answer that is not a success.
type Refusal struct {
	Status  int // of HTTP
	Message string
}

func refuse(format string, args ...any) *Refusal { return &Refusal{422, fmt.Sprintf(format, args...)} }

func schemaError(format string, args ...any) *Refusal {
	return refuse("Invalid request.\n\n"+format, args...)
}

// Input is the body of a create or update.
type Input struct {
	Name        *string
	HeadSHA     *string `json:"head_sha"`
	Status      *string
	Conclusion  *string
	DetailsURL  *string    `json:"details_url"`
	ExternalID  *string    `json:"external_id"`
	StartedAt   *time.Time `json:"started_at"`
	CompletedAt *time.Time `json:"completed_at"`
	Output      *struct {
		Title       *string
		Summary     *string
		Text        *string
		Annotations []Annotation
	}
	Actions []Action
}

// Validate enforces the limits of the Checks API, as measured where that differs from what is documented.
func (in *Input) Validate() *Refusal {
	if in.Status != nil && !slices.Contains([]string{"queued", "in_progress", "completed"}, *in.Status) {
		return schemaError("%s is not a possible value for status.", *in.Status)
	}
	if in.Conclusion != nil && !slices.Contains([]string{
		"action_required", "cancelled", "failure", "neutral", "success", "skipped", "timed_out",
	}, *in.Conclusion) {
		return schemaError("%s is not a possible value for conclusion.", *in.Conclusion)
	}
	if in.Status != nil && *in.Status == "completed" && in.Conclusion == nil {
		return schemaError(`"conclusion" is required when "status" is "completed".`)
	}
	if r := in.validateActions(); r != nil {
		return r
	}
	if in.Output == nil {
		return nil
	}
	o := in.Output
	if o.Title == nil || o.Summary == nil {
		return schemaError(`"title" and "summary" weren't supplied for "output".`)
	}
	for _, s := range []*string{o.Summary, o.Text} {
		if s != nil && len(utf16.Encode([]rune(*s))) > maxOutput {
			return schemaError("Only %d characters are allowed; %d were supplied.", maxOutput, len(utf16.Encode([]rune(*s))))
		}
	}
	if len(*o.Summary) > maxOutput {
		return refuse("Validation Failed: summary exceeds a maximum bytesize of %d", maxOutput)
	}
	return validateAnnotations(o.Annotations)
}

func (in *Input) validateActions() *Refusal {
	if len(in.Actions) > 3 {
		return schemaError("No more than 3 items are allowed; %d were supplied.", len(in.Actions))
	}
	for _, a := range in.Actions {
		if utf8.RuneCountInString(a.Label) > 20 || utf8.RuneCountInString(a.Description) > 40 || utf8.RuneCountInString(a.Identifier) > 20 {
			return schemaError("Only 20 characters are allowed.")
		}
	}
	return nil
}

func validateAnnotations(all []Annotation) *Refusal {
	if len(all) > maxAnnotations {
		return schemaError("No more than %d items are allowed; %d were supplied.", maxAnnotations, len(all))
	}
	for _, a := range all {
		if a.Path == "" || a.StartLine < 1 || a.EndLine < a.StartLine || a.Message == "" ||
			!slices.Contains([]string{"notice", "warning", "failure"}, a.AnnotationLevel) {
			return schemaError("An annotation is not complete.")
		}
		if utf8.RuneCountInString(a.Title) > 255 || len(a.Message) > 64<<10 {
			return schemaError("An annotation is too long.")
		}
	}
	return nil
}

// Apply changes k as the input says.
func (in *Input) Apply(k *Run, now time.Time) {
	set := func(to *string, from *string) {
		if from != nil {
			*to = *from
		}
	}
	set(&k.Name, in.Name)
	set(&k.Status, in.Status)
	set(&k.ExternalID, in.ExternalID)
	set(&k.DetailsURL, in.DetailsURL)
	if k.App == ActionsApp || k.DetailsURL == "" {
		k.DetailsURL = k.htmlURL()
	}
	if in.StartedAt != nil {
		k.Started = *in.StartedAt
	}
	if in.Conclusion != nil {
		k.Conclusion, k.Status, k.Completed = *in.Conclusion, "completed", now
		if in.CompletedAt != nil {
			k.Completed = *in.CompletedAt
		}
	} else if in.Status != nil {
		k.Conclusion, k.Completed = "", time.Time{}
	}
	if in.Actions != nil {
		k.Actions = in.Actions
	}
	if in.Output == nil {
		return
	}
	k.Title, k.Summary, k.Text = *in.Output.Title, *in.Output.Summary, ""
	set(&k.Text, in.Output.Text)
	if len(k.Text) > maxOutput { // silently, wherever that falls
		k.Text = strings.ToValidUTF8(k.Text[:maxOutput], "")
	}
	k.Annotations = append(k.Annotations, in.Output.Annotations...)
}
