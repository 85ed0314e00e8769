package chaos

import (
	"testing"

	"github.com/anishathalye/porcupine"
	"github.com/stretchr/testify/assert"
)

// state is the state of a session: its text, "" if it is absent, or deleted.
type state string

const deleted state = "deleted"

func (s state) exists() bool { return s != "" && s != deleted }

// kind is the kind of an operation.
type kind uint8

const (
	put kind = iota
	remove
	die    // the server of the session loses all sessions
	mayDie // the server of the session loses some sessions
)

// operation is one call, or a loss. Each call writes another text.
type operation struct {
	id   int
	kind kind
	cond state // the state that the operation requires; "" allows every state
	text state
}

// possible returns the states that a session may have after an operation with this
// outcome; none if the operation cannot have this outcome.
func possible(s state, o operation, result outcome) []any {
	switch {
	case o.kind == mayDie, o.kind == die && s == deleted: // the record of the deletion may be stored after the server is back
		return []any{s, state("")}
	case o.kind == die:
		return []any{state("")}
	}
	after := o.text
	applies := s != deleted && (o.cond == "" || s == o.cond)
	if o.kind == remove {
		after, applies = deleted, s.exists()
	}
	ok := false
	switch result {
	case done:
		if applies {
			return []any{after}
		}
	case indeterminate:
		if applies {
			return []any{s, after}
		}
		ok = true
	case conflict:
		ok = s.exists() && s != o.cond
	case notFound:
		ok = s == "" || o.kind == remove && s == deleted
	case gone:
		ok = s == deleted
	default:
	}
	if ok {
		return []any{s}
	}
	return nil
}

func model() porcupine.Model {
	m := porcupine.NondeterministicModel{
		Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
			parts := make([][]porcupine.Operation, ids)
			for _, o := range history {
				id := o.Input.(operation).id //nolint:forcetypeassert // the type is always this one
				parts[id] = append(parts[id], o)
			}
			return parts
		},
		Init: func() []any { return []any{state("")} },
		Step: func(s, input, output any) []any {
			return possible(s.(state), input.(operation), output.(outcome)) //nolint:forcetypeassert // the type is always this one
		},
	}
	return m.ToModel()
}

// The model rejects wrong histories. Otherwise the test of chaos would find nothing.
func TestModel(t *testing.T) {
	t.Parallel()
	at := func(call, end int64, o operation, result outcome) porcupine.Operation {
		return porcupine.Operation{Call: call, Return: end, Input: o, Output: result}
	}
	first := at(0, 1, operation{text: "a"}, done)
	update := func(text state) operation { return operation{cond: "a", text: text} }
	for name, c := range map[string]struct {
		right   bool
		history []porcupine.Operation
	}{
		"sequence":       {true, []porcupine.Operation{first, at(2, 3, update("b"), done)}},
		"lost update":    {false, []porcupine.Operation{first, at(2, 3, update("b"), done), at(4, 5, update("c"), done)}},
		"false conflict": {false, []porcupine.Operation{first, at(2, 3, update("b"), conflict)}},
		"false absence":  {false, []porcupine.Operation{first, at(2, 3, update("b"), notFound)}},
		"server ended":   {true, []porcupine.Operation{first, at(2, 3, operation{kind: die}, done), at(4, 5, update("b"), notFound)}},
		"not ended":      {false, []porcupine.Operation{first, at(2, 3, operation{kind: die}, done), at(4, 5, update("b"), done)}},
		"evicted":        {true, []porcupine.Operation{first, at(2, 3, operation{kind: mayDie}, done), at(4, 5, update("b"), notFound)}},
		"not evicted":    {true, []porcupine.Operation{first, at(2, 3, operation{kind: mayDie}, done), at(4, 5, update("b"), done)}},
		"unknown, done":  {true, []porcupine.Operation{first, at(2, 9, update("b"), indeterminate), at(4, 5, operation{cond: "b", text: "c"}, done)}},
		"unknown, not":   {true, []porcupine.Operation{first, at(2, 9, update("b"), indeterminate), at(4, 5, update("c"), done)}},
		"both": {false, []porcupine.Operation{
			first, at(2, 9, update("b"), indeterminate), at(4, 5, update("c"), done), at(6, 7, operation{cond: "b", text: "d"}, done),
		}},
		"resurrected": {false, []porcupine.Operation{first, at(2, 3, operation{kind: remove}, done), at(4, 5, operation{text: "b"}, done)}},
	} {
		assert.Equal(t, c.right, porcupine.CheckOperations(model(), c.history), name)
	}
}
