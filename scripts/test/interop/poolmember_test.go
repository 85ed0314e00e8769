package interop_test

import (
	"crypto/md5" //nolint:gosec // only a name, which Perl can compute too
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"

	"memcachedsoap/wsdl"
)

// soapMember is a member that uses the service.
type soapMember struct {
	t        *testing.T
	client   *http.Client
	endpoint string
	seed     uint64
}

// sessionID returns the id that perl/pool.pl gives the same session.
func sessionID(number string) string {
	sum := md5.Sum([]byte("session " + number)) //nolint:gosec // see above
	return hex.EncodeToString(sum[:])
}

// connections is the number of concurrent calls of the member.
const connections = 4

func (m *soapMember) do(command string) string {
	fields := strings.Fields(command)
	if fields[0] == "reconnect" {
		return "ok"
	}
	round, err := strconv.Atoi(fields[1])
	if err != nil {
		return err.Error()
	}
	do, found := map[string]func(id string, round int) error{
		"create": m.create, "renew": m.renew, "check": m.check, "hammer": m.hammer, "refused": m.refused,
	}[fields[0]]
	if !found {
		return "no such command"
	}
	if err := inParallel(fields[2:], func(number string) error { return do(sessionID(number), round) }); err != nil {
		return err.Error()
	}
	return "ok"
}

// inParallel calls do with every element of list.
func inParallel(list []string, do func(string) error) error {
	failures := make([]error, connections)
	var working sync.WaitGroup
	for at := range connections {
		working.Go(func() {
			for i := at; i < len(list) && failures[at] == nil; i += connections {
				failures[at] = do(list[i])
			}
		})
	}
	working.Wait()
	return errors.Join(failures...)
}

func (m *soapMember) create(id string, round int) error {
	r := rand.New(rand.NewPCG(m.seed, idNumber(id)+uint64(round))) //nolint:gosec // repeatable
	return m.set(id, randomSession(r, id, round))
}

func (m *soapMember) set(id string, session map[string]any) error {
	delete(session, "_session_id") // the service adds it
	var attributes strings.Builder
	writeEntries(&attributes, session)
	_, err := m.call(`<setSession xmlns="` + wsdl.Namespace + `"><id>` + id + `</id><attributes>` + attributes.String() +
		`</attributes><ttl>3600</ttl></setSession>`)
	return err
}

// get returns a session. It returns an error if the session is not as its writer has
// made it.
func (m *soapMember) get(id string) (map[string]any, error) {
	answer, err := m.call(getSession(id))
	if err != nil {
		return nil, err
	}
	var message struct {
		Response wsdl.GetSessionResponse `xml:"Body>getSessionResponse"`
	}
	if err := xml.Unmarshal([]byte(answer), &message); err != nil {
		return nil, err
	}
	result := message.Response.GetSessionResult
	if result == nil || *result == (wsdl.Session{}) || result.Id != id {
		return nil, fmt.Errorf("the answer is not %s: %s", id, answer)
	}
	session := hash(result.Attributes)
	session["_session_id"] = id
	if !proved(session) {
		return nil, fmt.Errorf("%s is damaged: %s", id, answer)
	}
	return session, nil
}

func (m *soapMember) check(id string, round int) error {
	session, err := m.get(id)
	if err == nil && session["round"] != strconv.Itoa(round) {
		err = fmt.Errorf("%s is of round %v", id, session["round"])
	}
	return err
}

// renew reads a session and stores it again: half of the sessions with the same
// attributes, the other half with new ones.
func (m *soapMember) renew(id string, round int) error {
	session, err := m.get(id)
	if err != nil {
		return err
	}
	if session["round"] != strconv.Itoa(round-1) {
		return fmt.Errorf("%s is of round %v", id, session["round"])
	}
	if idNumber(id)%2 == 0 {
		return m.create(id, round)
	}
	session["round"] = strconv.Itoa(round)
	seal(session)
	return m.set(id, session)
}

func (m *soapMember) hammer(id string, rounds int) error {
	for round := range rounds {
		if _, err := m.get(id); err != nil {
			return err
		}
		if err := m.create(id, round); err != nil {
			return err
		}
	}
	return nil
}

// refused checks that the service refuses a session whose server is down.
func (m *soapMember) refused(id string, round int) error {
	for _, err := range []error{m.check(id, round), m.create(id, round)} {
		if err == nil {
			return fmt.Errorf("%s is not refused", id)
		}
		if !strings.Contains(err.Error(), "<StoreUnavailableFault") {
			return err
		}
	}
	return nil
}

func (m *soapMember) call(payload string) (answer string, err error) {
	status, answer, err := post(m.t, m.client, m.endpoint, payload)
	if err == nil && status != http.StatusOK {
		err = errors.New(answer)
	}
	return answer, err
}

// idNumber converts an id to a number.
func idNumber(id string) uint64 {
	n, _ := strconv.ParseUint(id[:16], 16, 64)
	return n
}
