package main

import (
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// candidate is a word that can stand in the place of the one to complete.
type candidate struct {
	word, help string
}

// candidates returns what the last word can become: commands, flags, or the
// values of a flag or an argument. The words before it are taken as the parser
// takes them, except that it never fails.
func candidates(root *kong.Node, words []string) []candidate {
	if len(words) == 0 {
		words = []string{""}
	}
	last := words[len(words)-1]
	at := position{node: root}
	for _, word := range words[:len(words)-1] {
		at.pass(word)
	}
	var found []candidate
	switch name, _, assigned := strings.Cut(last, "="); {
	case at.flag != nil:
		found = valuesOf(at.flag.Value, "")
	case at.flagsEnded:
		found = at.values()
	case assigned && strings.HasPrefix(name, "--"):
		if flag := at.find(name); flag != nil {
			found = valuesOf(flag.Value, name+"=")
		}
	case strings.HasPrefix(last, "-"):
		found = at.flags()
	default:
		found = append(at.commands(), at.values()...)
	}
	return slices.DeleteFunc(found, func(c candidate) bool {
		return c.word != completeFiles && !strings.HasPrefix(c.word, last)
	})
}

// position is where a command line has got to.
type position struct {
	node       *kong.Node
	flag       *kong.Flag // whose value comes next; nil if none does
	arguments  int        // how many have passed
	flagsEnded bool       // by --
	describes  bool       // the words are a command that help describes
}

// pass moves on by a word.
func (p *position) pass(word string) {
	switch {
	case p.flag != nil:
		p.flag = nil
	case p.flagsEnded:
		p.arguments++
	case word == "--":
		p.flagsEnded = true
	case strings.HasPrefix(word, "-"):
		if flag := p.find(word); flag != nil && !flag.IsBool() {
			p.flag = flag
		}
	default:
		p.passArgument(word)
	}
}

func (p *position) passArgument(word string) {
	for _, child := range p.node.Children {
		if child.Name != word && !slices.Contains(child.Aliases, word) {
			continue
		}
		if p.node.Parent == nil && child.Name == "help" {
			p.describes = true
		} else {
			p.node = child
		}
		return
	}
	p.arguments++
}

// find returns the flag of a word, or nil if there is none or the word has its
// value.
func (p *position) find(word string) *kong.Flag {
	for _, level := range p.node.AllFlags(true) {
		for _, flag := range level {
			if word == "--"+flag.Name {
				return flag
			}
		}
	}
	return nil
}

func (p *position) commands() []candidate {
	var found []candidate
	for _, child := range p.node.Children {
		if !child.Hidden && p.arguments == 0 {
			found = append(found, candidate{child.Name, firstSentence(child.Help)})
		}
	}
	return found
}

func (p *position) flags() []candidate {
	var found []candidate
	if p.describes {
		return found
	}
	for _, level := range p.node.AllFlags(true) {
		for _, flag := range level {
			found = append(found, candidate{"--" + flag.Name, firstSentence(flag.Help)})
			if flag.IsBool() && flag.Tag.Negatable != "" {
				found = append(found, candidate{"--no-" + flag.Name, firstSentence("Do not: " + flag.Help)})
			}
		}
	}
	return found
}

// values are those of the next argument.
func (p *position) values() []candidate {
	if p.describes || len(p.node.Positional) == 0 {
		return nil
	}
	return valuesOf(p.node.Positional[min(p.arguments, len(p.node.Positional)-1)], "")
}

// valuesOf returns what a flag or an argument can be, behind a prefix: the
// values of its enum or of its tag complete, which can be [completeFiles].
func valuesOf(v *kong.Value, prefix string) []candidate {
	list := v.Enum
	if list == "" {
		list = v.Tag.Get("complete")
	}
	if list == completeFiles {
		return []candidate{{word: completeFiles}}
	}
	var found []candidate
	for word := range strings.SplitSeq(list, ",") {
		if word != "" {
			found = append(found, candidate{word: prefix + word})
		}
	}
	return found
}

// firstSentence returns the beginning of a help text, which is one line.
func firstSentence(help string) string {
	sentence, _, _ := strings.Cut(help, ". ")
	return strings.TrimSuffix(sentence, ".")
}
