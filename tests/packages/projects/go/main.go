// Sends events with a client that oapi-codegen made from /openapi.json, and reads what became of them.
package main

import (
	"context"
	"encoding/json"
	"log"
	"net/http"
	"os"
	"strings"
	"time"

	"example.com/events/sluice"
	"github.com/google/uuid"
)

type sent struct {
	Ready       sluice.ReadinessStatus `json:"ready"`
	First       *sluice.Tracked        `json:"first"`
	Replayed    *string                `json:"replayed"`
	Conflict    string                 `json:"conflict"`
	Batch       []result               `json:"batch"`
	FormErrors  []string               `json:"formErrors"`
	FieldErrors map[string][]string    `json:"fieldErrors"`
	MissingProp string                 `json:"missingProp"`
	WrongKey    string                 `json:"wrongKey"`
	TooMany     string                 `json:"tooMany"`
	RetryAfter  *int                   `json:"retryAfter"`
}

type result struct {
	Status sluice.BatchResultStatus `json:"status"`
	Error  *string                  `json:"error"`
}

func main() {
	log.SetFlags(0)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	command, key := os.Args[1], uuid.MustParse(os.Args[2])
	var report any
	switch command {
	case "send":
		report = send(ctx, key)
	case "read":
		report = read(ctx, key)
	default:
		log.Fatalf("commands are send and read, got %s", command)
	}
	if err := json.NewEncoder(os.Stdout).Encode(report); err != nil {
		log.Fatal(err)
	}
}

func send(ctx context.Context, key uuid.UUID) sent {
	client := connect(os.Getenv("SLUICE_KEY"))
	ready := get(client.CheckReadinessWithResponse(ctx))

	first := get(client.TrackEventWithResponse(ctx, payout(4900, &key)))
	replay := get(client.TrackEventWithResponse(ctx, payout(4900, &key)))
	conflict := get(client.TrackEventWithResponse(ctx, payout(100, &key)))

	events := []sluice.Event{job(1), {EventType: ""}, job(2)}
	batch := get(client.TrackBatchWithResponse(ctx, sluice.Batch{Events: events}))
	var results []result
	for _, r := range batch.JSON200.Results {
		results = append(results, result{r.Status, r.Error})
	}

	cuid := "ckv3x9d2a0000qzrmn831i7rn"
	noType := get(client.TrackEventWithResponse(ctx, sluice.Event{EventType: "asset_viewed", EntityId: &cuid}))
	longType := get(client.TrackEventWithResponse(ctx, sluice.Event{EventType: strings.Repeat("t", 101)}))
	noProp := get(client.TrackEventWithResponse(ctx, sluice.Event{EventType: "license_signed"}))
	wrongKey := get(connect("sluice_key_wrong").TrackEventWithResponse(ctx, payout(1, nil)))

	// As many events as a key with a rate limit may send at once, and one more.
	limited := connect(os.Getenv("SLUICE_LIMITED_KEY"))
	var burst sluice.Batch
	for n := range 50 {
		burst.Events = append(burst.Events, job(n))
	}
	get(limited.TrackBatchWithResponse(ctx, burst))
	tooMany := get(limited.TrackEventWithResponse(ctx, payout(1, nil)))

	return sent{
		Ready:       ready.JSON200.Status,
		First:       first.JSON200,
		Replayed:    replay.Headers200.IdempotentReplayed,
		Conflict:    conflict.JSON409.Code,
		Batch:       results,
		FormErrors:  noType.JSON400.Data.ZodError.FormErrors,
		FieldErrors: longType.JSON400.Data.ZodError.FieldErrors,
		MissingProp: noProp.JSON412.Code,
		WrongKey:    wrongKey.JSON401.Code,
		TooMany:     tooMany.JSON429.Code,
		RetryAfter:  tooMany.Headers429.RetryAfter,
	}
}

// A replay has the id of the event's row.
func read(ctx context.Context, key uuid.UUID) *uuid.UUID {
	client := connect(os.Getenv("SLUICE_KEY"))
	replay := get(client.TrackEventWithResponse(ctx, payout(4900, &key)))
	return replay.JSON200.EventId
}

func connect(key string) *sluice.ClientWithResponses {
	return get(sluice.NewClientWithResponses(os.Getenv("SLUICE_URL"), sluice.WithRequestEditorFn(
		func(_ context.Context, request *http.Request) error {
			request.Header.Set("X-Api-Key", key)
			return nil
		},
	)))
}

func payout(cents int, key *uuid.UUID) sluice.Event {
	source := sluice.Api
	return sluice.Event{
		EventType:      "payout_completed",
		Source:         &source,
		IdempotencyKey: key,
		Props:          &sluice.EventProps{"amount_cents": cents, "payment_method": "card", "from": "go"},
	}
}

func job(n int) sluice.Event {
	return sluice.Event{EventType: "job_completed", Props: &sluice.EventProps{"from": "go", "n": n}}
}

func get[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}
