package main

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"strings"
	"time"

	"memcachedsoap/scripts/test/contract"
	"memcachedsoap/scripts/test/load"
	"memcachedsoap/wsdl"
)

// grace limits the time to prepare a server.
const grace = 60 * time.Second

// answer is an answer of the contract.
type answer struct {
	XMLName xml.Name `xml:"http://schemas.xmlsoap.org/soap/envelope/ Envelope"`
	Body    struct {
		Get   *wsdl.GetSessionResponse
		Set   *wsdl.SetSessionResponse
		Fault *struct {
			Text string `xml:"faultstring"`
		} `xml:"http://schemas.xmlsoap.org/soap/envelope/ Fault"`
	} `xml:"http://schemas.xmlsoap.org/soap/envelope/ Body"`
}

// newID is an id that a server has made.
var newID = regexp.MustCompile(`^[0-9a-f]{32,}$`)

// prepare stores all sessions on a server of the contract, and checks its answers.
func prepare(ctx context.Context, server *load.Process, sessions []*contract.Session) error {
	c, err := load.Dial(ctx, server, time.Now().Add(grace))
	if err != nil {
		return err
	}
	defer c.Close()
	for _, session := range sessions {
		if err := storeAndRead(c, session); err != nil {
			return errors.Join(err, server.Failure("failed the first calls"))
		}
	}
	if err := storeNew(c); err != nil {
		return errors.Join(err, server.Failure("failed the first calls"))
	}
	return absent(ctx, server)
}

// storeAndRead stores a session, and reads it.
func storeAndRead(c *load.Client, session *contract.Session) error {
	want, err := session.Attributes()
	if err != nil {
		return err
	}
	stored, err := call(c, session.Sets[0])
	if err != nil {
		return err
	}
	if set := stored.Body.Set; set == nil || set.SetSessionResult == nil || set.SetSessionResult.Id != session.ID {
		return fmt.Errorf("peers: the answer to setSession has another id: %.500s", c.Body)
	}
	read, err := call(c, session.Get)
	if err != nil {
		return err
	}
	get := read.Body.Get
	if get == nil || get.GetSessionResult == nil || get.GetSessionResult.Id != session.ID {
		return fmt.Errorf("peers: the answer to getSession has another id: %.500s", c.Body)
	}
	if got := attributes(get.GetSessionResult.Attributes); !maps.Equal(got, want) {
		return fmt.Errorf("peers: getSession returns %v instead of %v", got, want)
	}
	return nil
}

func attributes(list *wsdl.EntryList) map[string]string {
	found := map[string]string{}
	if list != nil {
		for _, entry := range list.Entry {
			found[entry.Key] = entry.Value
		}
	}
	return found
}

// storeNew stores a session without an id.
func storeNew(c *load.Client) error {
	stored, err := call(c, contract.NewRequest(contract.SetOperation, "",
		"<attributes><entry><key>uid</key><value>rtyler</value></entry></attributes>"))
	if err != nil {
		return err
	}
	if set := stored.Body.Set; set == nil || set.SetSessionResult == nil || !newID.MatchString(set.SetSessionResult.Id) {
		return fmt.Errorf("peers: the answer to setSession without an id has none: %.500s", c.Body)
	}
	return nil
}

// absent reads a session that does not exist, which is a fault with status 500.
func absent(ctx context.Context, server *load.Process) error {
	c, err := load.Dial(ctx, server, time.Now().Add(grace))
	if err != nil {
		return err
	}
	defer c.Close()
	id := strings.Repeat("0", 32)
	err = c.Do(contract.NewRequest(contract.GetOperation, id, "<id>"+id+"</id>"))
	if err == nil || !strings.Contains(err.Error(), "status 500") {
		return fmt.Errorf("peers: an absent session must be a fault with status 500: %.500s, %w", c.Body, err)
	}
	var a answer
	if err := xml.Unmarshal(c.Body, &a); err != nil || a.Body.Fault == nil || a.Body.Fault.Text == "" {
		return fmt.Errorf("peers: an absent session must be a fault with a text: %.500s, %w", c.Body, err)
	}
	return nil
}

// call sends a request and decodes the answer.
func call(c *load.Client, r *load.Request) (answer, error) {
	var a answer
	if err := c.Do(r); err != nil {
		return a, err
	}
	if err := xml.Unmarshal(c.Body, &a); err != nil {
		return a, fmt.Errorf("peers: reading an answer: %w", err)
	}
	return a, nil
}
