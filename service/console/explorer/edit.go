package explorer

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"unicode/utf8"

	"memcachedsoap/service"
	"memcachedsoap/service/access"
	"memcachedsoap/service/console/page"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/perldata"
)

// What a form does with a value.
const (
	setValue    = "set"
	addValue    = "add"
	removeValue = "remove"
)

// maxNewName is how many bytes the name of a new attribute has at most.
const maxNewName = 1024

// edit is the page on which a value is changed.
type edit struct {
	Link, Fingerprint string
	Do                string
	At, Up            string // paths
	Title, Type       string // of the value
	Version           string // of the session that the form was made for
	Named             bool   // a new value needs a name
	Name              string
	Form              form // as the person has it
	Types             []formType
	Problem           string // what is wrong with the form; "" if nothing is

	Conflict bool
	Stored   *form  // what is stored now, if a form can have it
	Now      string // type of what is stored now; "" if it is not there
}

// editForm shows the form of a change.
func (x *exchange) editForm() error {
	if err := x.sessions.MayView(x.ctx, access.Write); err != nil {
		return err
	}
	id, err := x.session()
	if err != nil {
		return err
	}
	query := x.r.URL.Query()
	e := &edit{Do: query.Get("do"), At: query.Get("at")}
	err = x.inspectFor(id, func(attributes *perldata.Hash, version string) (names []string, err error) {
		at, ok := find(attributes, e.At)
		if !ok {
			return nil, errNoValue()
		}
		e.Version = version
		e.describe(at)
		switch e.Do {
		case setValue:
			if err := changeable(at); err != nil {
				return nil, err
			}
			f, ok := formOf(at.value)
			if !ok {
				return nil, &problem{http.StatusBadRequest, "Not here", "A form cannot change this value: it is longer than 64 KiB, or it has others in it. Change those."}
			}
			e.Form = f
			return []string{at.top}, nil
		case addValue:
			e.Form = form{Type: asText}
			return nil, addable(at)
		case removeValue:
			return nil, changeable(at)
		}
		return nil, errAction()
	})
	if err != nil {
		return err
	}
	return x.render(http.StatusOK, "edit", editTitle, x.editPage(id, e))
}

func errAction() error {
	return &problem{http.StatusBadRequest, "Nothing to do", "A value can be set, added or removed."}
}

// describe notes what the page says of the value that the form is about.
func (e *edit) describe(at place) {
	e.Title, e.Type, e.Up = at.title, typeOf(at.value), parent(e.At)
	e.Named = e.Do == addValue && at.value.Kind() == perldata.KindHash
	if e.Do == addValue {
		e.Up = e.At
	}
}

// changeable returns an error if nobody can change a value.
func changeable(at place) error {
	switch {
	case at.steps == 0:
		return &problem{http.StatusBadRequest, "Not possible", "Change the attributes one by one. To remove all of them, end the session."}
	case at.steps == 1 && at.name == sessionstore.IDAttribute:
		return &problem{http.StatusBadRequest, "Not possible", "The attribute _session_id is the id of the session; the service sets it."}
	}
	return nil
}

// addable returns an error if nothing can be added to a value.
func addable(at place) error {
	switch at.value.Kind() { //nolint:exhaustive // nothing is in the others
	case perldata.KindHash, perldata.KindList:
		return nil
	}
	return &problem{http.StatusBadRequest, "Not possible", "Only a hash and a list take another value."}
}

// inspectFor reads a session for a form. look returns the names of the attributes whose
// values the form shows.
func (x *exchange) inspectFor(id sessionstore.ID, look func(attributes *perldata.Hash, version string) ([]string, error)) error {
	var failed error
	_, err := x.sessions.InspectSession(x.ctx, id, func(s sessionstore.Inspected) (names []string) {
		if s.Unreadable != nil {
			failed = s.Unreadable
			return nil
		}
		names, failed = look(s.Attributes, s.Version)
		return names
	})
	return errors.Join(err, failed)
}

const editTitle = "Change a session"

// editPage returns the data of the page of a form.
func (x *exchange) editPage(id sessionstore.ID, e *edit) *edit {
	e.Link, e.Fingerprint, e.Types = x.sealSession(id), id.Fingerprint(), formTypes()
	return e
}

// edit makes a change, if the session still has the version of the form.
func (x *exchange) edit() error {
	id, err := x.session()
	if err != nil {
		return err
	}
	f := x.r.PostForm
	e := &edit{
		Do: f.Get("do"), At: f.Get("at"), Version: f.Get("version"), Name: f.Get("name"),
		Form: form{f.Get("as"), f.Get("text")},
	}
	if e.Version == "" {
		return &problem{http.StatusBadRequest, "No version", "The form does not say which version of the session it is about. Open it again."}
	}
	var v perldata.Value
	if e.Do != removeValue {
		if v, e.Problem = e.Form.parse(); e.Problem != "" {
			return x.askAgain(id, e)
		}
	}
	_, err = x.sessions.EditSession(x.ctx, id, e.Version, func(attributes *perldata.Hash) (service.Edited, error) {
		at, ok := find(attributes, e.At)
		if !ok {
			return service.Edited{}, errNoValue()
		}
		e.describe(at)
		return e.apply(at, v)
	})
	if _, wrong := errors.AsType[*formError](err); wrong {
		e.Problem = err.Error()
		return x.askAgain(id, e)
	}
	if _, conflict := errors.AsType[*sessionstore.VersionConflictError](err); conflict {
		return x.compare(id, e, err)
	}
	if err != nil {
		return err
	}
	to := below + "/one/" + x.sealSession(id) + "?done=saved"
	if e.Up != "" {
		to += "&at=" + e.Up
	}
	page.Redirect(x.w, x.r, to)
	return nil
}

// formError is what is wrong with a form.
type formError struct{ text string }

// Error implements error.
func (e *formError) Error() string { return e.text }

// apply changes the value at a place.
func (e *edit) apply(at place, v perldata.Value) (service.Edited, error) {
	if e.Do == addValue {
		return e.add(at, v)
	}
	if err := changeable(at); err != nil {
		return service.Edited{}, err
	}
	switch e.Do {
	case setValue:
		at.set(v)
	case removeValue:
		at.remove()
		if at.steps == 1 {
			return service.Edited{Removed: []string{at.top}}, nil
		}
	default:
		return service.Edited{}, errAction()
	}
	return service.Edited{Set: []string{at.top}}, nil
}

func (e *edit) add(at place, v perldata.Value) (service.Edited, error) {
	if err := addable(at); err != nil {
		return service.Edited{}, err
	}
	top := at.top
	if l := at.value.List(); l != nil {
		l.Items = append(slices.Clip(l.Items), v)
		return service.Edited{Set: []string{top}}, nil
	}
	switch {
	case e.Name == "":
		return service.Edited{}, &formError{"Give the new value a name."}
	case len(e.Name) > maxNewName || !utf8.ValidString(e.Name):
		return service.Edited{}, &formError{"A name has at most " + strconv.Itoa(maxNewName) + " bytes of UTF-8."}
	case !at.value.Hash().Add(e.Name, v):
		return service.Edited{}, &formError{"There is a value with this name. Choose another name, or change that value."}
	}
	if at.steps == 0 {
		top = e.Name
	}
	return service.Edited{Set: []string{top}}, nil
}

// askAgain shows a form with what is wrong with it.
func (x *exchange) askAgain(id sessionstore.ID, e *edit) error {
	if e.Title == "" {
		if err := x.inspectFor(id, func(attributes *perldata.Hash, _ string) ([]string, error) {
			at, ok := find(attributes, e.At)
			if !ok {
				return nil, errNoValue()
			}
			e.describe(at)
			return nil, nil
		}); err != nil {
			return err
		}
	}
	failed := &problem{http.StatusUnprocessableEntity, "Not saved", e.Problem}
	return x.renderFailure(failed, failed.status, "edit", editTitle, x.editPage(id, e))
}

// compare shows what is stored beside what the form has, if the session was changed
// meanwhile. The form then has the version that is stored.
func (x *exchange) compare(id sessionstore.ID, e *edit, conflict error) error {
	e.Conflict = true
	err := x.inspectFor(id, func(attributes *perldata.Hash, version string) ([]string, error) {
		e.Version = version
		at, ok := find(attributes, e.At)
		if !ok {
			return nil, nil
		}
		e.describe(at)
		e.Now = typeOf(at.value)
		if f, ok := formOf(at.value); ok && e.Do != addValue {
			e.Stored = &f
			return []string{at.top}, nil
		}
		return nil, nil
	})
	if err != nil {
		return err
	}
	return x.renderFailure(conflict, http.StatusConflict, "edit", editTitle, x.editPage(id, e))
}
