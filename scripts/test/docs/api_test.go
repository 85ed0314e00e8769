package docs

import (
	"encoding/xml"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"

	"memcachedsoap/wsdl/wsdltest"
)

func apiPage(t *testing.T) *Page {
	t.Helper()
	page, err := Read(filepath.Join(root, "docs", "api.md"))
	require.NoError(t, err)
	return page
}

// contract is what the WSDL says of an operation.
type contract struct {
	name            string
	request, answer []string // names of elements
	faults          []string // names of faults without "Fault"
}

// The table of operations has the elements of the WSDL, and the list under it
// the faults.
func TestOperationsAreThoseOfTheWSDL(t *testing.T) {
	t.Parallel()
	page := apiPage(t)
	section := page.Section("Operations")
	require.NotEmpty(t, section)
	var listed []contract
	faults := map[string][]string{}
	for _, n := range section {
		if _, ok := n.(*ast.Heading); ok {
			break // what follows explains the operations
		}
		switch n := n.(type) {
		case *extast.Table:
			listed = append(listed, page.operations(n)...)
		case *ast.List:
			for item := n.FirstChild(); item != nil; item = item.NextSibling() {
				names := page.Code(item)
				faults[names[0]] = names[1:]
			}
		}
	}
	for i := range listed {
		listed[i].faults = faults[listed[i].name]
	}
	assert.Equal(t, contracts(t), listed)
	assert.Len(t, faults, len(listed))
}

// operations reads a table with the columns operation, request and answer.
func (p *Page) operations(table *extast.Table) []contract {
	var rows []contract
	for row := table.FirstChild(); row != nil; row = row.NextSibling() {
		if _, ok := row.(*extast.TableRow); !ok {
			continue
		}
		cell := row.FirstChild()
		request := cell.NextSibling()
		c := contract{name: p.Code(cell)[0], request: p.Code(request)}
		for _, name := range p.Code(request.NextSibling()) {
			if !strings.Contains(name, " ") { // the text of status is no element
				c.answer = append(c.answer, name)
			}
		}
		rows = append(rows, c)
	}
	return rows
}

// contracts reads the WSDL.
func contracts(t *testing.T) []contract {
	t.Helper()
	definitions := wsdltest.Parse(t)
	elements := map[string]wsdltest.Element{}
	types := map[string]*wsdltest.ComplexType{}
	for _, schema := range definitions.Schemas {
		for _, e := range schema.Elements {
			elements[e.Name] = e
		}
		for _, c := range schema.Types {
			types[c.Name] = &c
		}
	}
	names := func(c *wsdltest.ComplexType) (list []string) {
		if c != nil && c.Sequence != nil {
			for _, e := range c.Sequence.Elements {
				list = append(list, e.Name)
			}
		}
		return list
	}
	var all []contract
	for _, o := range wsdltest.Operations(t) {
		result := elements[o.Output.Local].Inline.Sequence.Elements[0]
		c := contract{
			name: o.Name, request: names(elements[o.Input.Local].Inline),
			answer: names(types[wsdltest.Local(result.Type)]),
		}
		for _, fault := range o.Faults {
			c.faults = append(c.faults, strings.TrimSuffix(fault.Local, "Fault"))
		}
		all = append(all, c)
	}
	return all
}

// typedFault is a fault as docs/api.md describes it.
type typedFault struct {
	code, detail string
	fields       []string
	sentences    []string
}

// typedFaults reads the sections about faults whose headings end with "Fault".
func typedFaults(t *testing.T) []typedFault {
	t.Helper()
	page := apiPage(t)
	var found []typedFault
	for _, heading := range Nodes[*ast.Heading](page) {
		name := page.Text(heading)
		if !strings.HasSuffix(name, "Fault") {
			continue
		}
		fault := typedFault{detail: name}
		for _, n := range page.Section(name) {
			list, ok := n.(*ast.List)
			if !ok {
				continue
			}
			for item := list.FirstChild(); item != nil; item = item.NextSibling() {
				kind, text, _ := strings.Cut(page.Text(item), ": ")
				switch kind {
				case "Code":
					fault.code = text
				case "Fields":
					fault.fields = page.Code(item)
				case "Sentence":
					require.Len(t, page.Code(item), 1, name)
					fault.sentences = append(fault.sentences, page.Code(item)[0])
				default:
					assert.Fail(t, "unknown item", "%s: %s", name, kind)
				}
			}
		}
		found = append(found, fault)
	}
	return found
}

// The page describes every typed fault of the WSDL with its fields, and no
// other.
func TestTypedFaultsAreThoseOfTheWSDL(t *testing.T) {
	t.Parallel()
	want := map[string][]string{}
	declared := map[xml.Name]bool{}
	for _, o := range wsdltest.Operations(t) {
		for _, fault := range o.Faults {
			declared[fault] = true
		}
	}
	for _, schema := range wsdltest.Parse(t).Schemas {
		for _, c := range schema.Types {
			if !declared[xml.Name{Space: schema.TargetNamespace, Local: c.Name}] {
				continue
			}
			for _, e := range c.Sequence.Elements {
				want[c.Name] = append(want[c.Name], e.Name)
			}
		}
	}
	got := map[string][]string{}
	for _, fault := range typedFaults(t) {
		got[fault.detail] = fault.fields
		assert.True(t, slices.Contains([]string{"Client", "Server"}, fault.code), "%s: code %q", fault.detail, fault.code)
	}
	assert.Equal(t, want, got)
}
