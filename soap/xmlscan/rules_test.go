package xmlscan

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// accepted lists documents with what is special about them, and their tokens.
func accepted() map[string]struct{ doc, want string } {
	return map[string]struct{ doc, want string }{
		"one empty element":              {`<a/>`, `<{}a> </{}a>`},
		"start and end":                  {`<a></a>`, `<{}a> </{}a>`},
		"white space in tags":            {"<a\t\r\n></a \n>", `<{}a> </{}a>`},
		"byte order mark":                {"\uFEFF<a/>", `<{}a> </{}a>`},
		"byte order mark, declaration":   {"\uFEFF<?xml version='1.0'?><a/>", `<{}a> </{}a>`},
		"declaration":                    {`<?xml version="1.0"?><a/>`, `<{}a> </{}a>`},
		"declaration in full":            {"<?xml\nversion = '1.0'\tencoding = \"ISO-8859-1\" standalone='no' ?>\n<a/>", `<{}a> </{}a>`},
		"declaration without encoding":   {`<?xml version="1.0" standalone="yes"?><a/>`, `<{}a> </{}a>`},
		"comments everywhere":            {"<!-- 1 --><!----><a><!-- <b> & ]]> \r - --></a><!-- 2 -->\n", `<{}a> </{}a>`},
		"comment splits no text":         {`<a>b<!-- c -->d</a>`, `<{}a> "bd" </{}a>`},
		"text and CDATA are one":         {`<a>b<![CDATA[<c>&amp;]]]]><![CDATA[>]]>&lt;</a>`, `<{}a> "b<c>&amp;]]><" </{}a>`},
		"empty CDATA is no text":         {`<a><![CDATA[]]></a>`, `<{}a> </{}a>`},
		"text between elements":          {`<a> <b/> c</a>`, `<{}a> " " <{}b> </{}b> " c" </{}a>`},
		"brackets in text":               {`<a>]] >]>]]</a>`, `<{}a> "]] >]>]]" </{}a>`},
		"]]> by reference":               {`<a>]]&gt;</a>`, `<{}a> "]]>" </{}a>`},
		"]]> over a comment":             {`<a>]]<!---->></a>`, `<{}a> "]]>" </{}a>`},
		"]]> in an attribute":            {`<a b="]]>"/>`, `<{}a {}b="]]>"> </{}a>`},
		"five entities":                  {`<a>&lt;&gt;&amp;&quot;&apos;</a>`, `<{}a> "<>&\"'" </{}a>`},
		"reference resolved once":        {`<a>&amp;lt;&#38;amp;</a>`, `<{}a> "&lt;&amp;" </{}a>`},
		"character references":           {`<a>&#65;&#x42;&#x0000000043;&#9;&#xe9;&#xFFFD;&#x10FFFF;</a>`, `<{}a> "ABC\té` + "\uFFFD" + `\U0010ffff" </{}a>`},
		"surrogate pair":                 {`<a>&#xD83D;&#xDE00;&#55357;&#xde00;</a>`, `<{}a> "😀😀" </{}a>`},
		"surrogate pair in attribute":    {`<a b="&#55357;&#56832;"/>`, `<{}a {}b="😀"> </{}a>`},
		"line ends":                      {"<a>1\r\n2\r3\n4\r\r\n5</a>", `<{}a> "1\n2\n3\n4\n\n5" </{}a>`},
		"line ends in CDATA":             {"<a><![CDATA[1\r\n2\r3\r]]>\n</a>", `<{}a> "1\n2\n3\n\n" </{}a>`},
		"carriage return by reference":   {"<a>1&#13;\n2&#xD;&#10;</a>", `<{}a> "1\r\n2\r\n" </{}a>`},
		"white space in attribute":       {"<a b='\r\n1\t2\n3\r4'/>", `<{}a {}b=" 1 2 3 4"> </{}a>`},
		"white space by reference":       {"<a b='&#13;&#10;&#9;&#32;\r&#10;'/>", `<{}a {}b="\r\n\t  \n"> </{}a>`},
		"outer blanks stay":              {"<a b='  x '>  y </a>", `<{}a {}b="  x "> "  y " </{}a>`},
		"both quotes":                    {`<a b='"' c="'" d = '>'/>`, `<{}a {}b="\"" {}c="'" {}d=">"> </{}a>`},
		"references in attribute":        {`<a b="&lt;&amp;&#x27;&quot;x"/>`, `<{}a {}b="<&'\"x"> </{}a>`},
		"legal odd characters":           {"<a>\t\x7f\u0085\u2028\uD7FF\uE000\uFFFD\U0001FFFE\U0010FFFF</a>", `<{}a> "\t\x7f\u0085\u2028\ud7ff\ue000` + "\uFFFD" + `\U0001fffe\U0010ffff" </{}a>`},
		"names of all kinds":             {`<_a.1-2·é><日本 éa="1"/></_a.1-2·é>`, `<{}_a.1-2·é> <{}日本 {}éa="1"> </{}日本> </{}_a.1-2·é>`},
		"names of the fifth edition":     {"<\u218F\u0300 \U00010000='1'/>", "<{}\u218F\u0300 {}\U00010000=\"1\"> </{}\u218F\u0300>"},
		"prefix":                         {`<p:a xmlns:p="u"/>`, `<{u}a> </{u}a>`},
		"default namespace":              {`<a xmlns="u" b="1"><c/></a>`, `<{u}a {}b="1"> <{u}c> </{u}c> </{u}a>`},
		"default namespace undone":       {`<a xmlns="u"><b xmlns=""><c/></b><d/></a>`, `<{u}a> <{}b> <{}c> </{}c> </{}b> <{u}d> </{u}d> </{u}a>`},
		"prefix shadowed":                {`<p:a xmlns:p="u"><p:a xmlns:p="v"/><p:a/></p:a>`, `<{u}a> <{v}a> </{v}a> <{u}a> </{u}a> </{u}a>`},
		"declared after its use":         {`<p:a p:b="1" xmlns:p="u"/>`, `<{u}a {u}b="1"> </{u}a>`},
		"same local name, other space":   {`<a b="1" p:b="2" xmlns:p="u" xmlns="u"/>`, `<{u}a {}b="1" {u}b="2"> </{u}a>`},
		"two prefixes, one namespace":    {`<p:a xmlns:p="u" xmlns:q="u"><q:b/></p:a>`, `<{u}a> <{u}b> </{u}b> </{u}a>`},
		"namespace name normalised":      {"<a xmlns='u&amp;\nv'/>", `<{u& v}a> </{u& v}a>`},
		"prefix xml":                     {`<xml:a xml:lang="en"/>`, `<{` + xmlSpace + `}a {` + xmlSpace + `}lang="en"> </{` + xmlSpace + `}a>`},
		"prefix xml declared":            {`<a xmlns:xml="` + xmlSpace + `"/>`, `<{}a> </{}a>`},
		"reserved prefix used as others": {`<xmlp:a xmlns:xmlp="u"/>`, `<{u}a> </{u}a>`},
	}
}

func TestAccepted(t *testing.T) {
	t.Parallel()
	for name, tt := range accepted() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var s Scanner
			got, err := tokens(&s, []byte(tt.doc), Limits{})
			require.NoError(t, err)
			assert.Equal(t, tt.want, strings.Join(got, " "))
		})
	}
}

// refused lists documents with what is wrong with them.
func refused() map[string]struct {
	doc    string
	offset int
	reason string
} {
	long := "x" + strings.Repeat("é", 30) // 40 bytes end inside of a letter
	return map[string]struct {
		doc    string
		offset int
		reason string
	}{
		"empty":                                 {``, 0, "no root element"},
		"only a byte order mark":                {"\ufeff", 3, "no root element"},
		"only white space":                      {" \n", 2, "no root element"},
		"only a comment":                        {`<!---->`, 7, "no root element"},
		"only a declaration":                    {`<?xml version="1.0"?>`, 21, "no root element"},
		"text alone":                            {`hello`, 0, "text outside the root element"},
		"text before the root":                  {`x<a/>`, 0, "text outside the root element"},
		"text after the root":                   {`<a/>x`, 4, "text outside the root element"},
		"reference after the root":              {`<a/>&#32;`, 4, "text outside the root element"},
		"CDATA before the root":                 {`<![CDATA[]]><a/>`, 0, "CDATA section outside the root element"},
		"CDATA after the root":                  {`<a/><![CDATA[ ]]>`, 4, "CDATA section outside the root element"},
		"second root":                           {`<a/><b/>`, 4, "second root element"},
		"end tag first":                         {`</a>`, 0, "end tag without a start tag"},
		"end tag after the root":                {`<a/></a>`, 4, "end tag without a start tag"},
		"second byte order mark":                {"\ufeff\ufeff<a/>", 3, "text outside the root element"},
		"byte order mark after the root":        {"<a/>\ufeff", 4, "text outside the root element"},
		"NUL after the root":                    {"<a/>\x00", 4, "text outside the root element"},
		"doctype":                               {`<!DOCTYPE a><a/>`, 0, "document type declaration"},
		"doctype with entities":                 {`<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>`, 0, "document type declaration"},
		"doctype inside":                        {`<a><!DOCTYPE a></a>`, 3, "document type declaration"},
		"doctype after":                         {`<a/><!DOCTYPE a>`, 4, "document type declaration"},
		"small doctype":                         {`<!doctype a><a/>`, 2, "comment or CDATA section expected after <!"},
		"entity declaration":                    {`<a><!ENTITY b 'c'></a>`, 5, "comment or CDATA section expected after <!"},
		"processing instruction before":         {`<?php x?><a/>`, 0, "processing instruction"},
		"processing instruction inside":         {`<a><?b?></a>`, 3, "processing instruction"},
		"processing instruction after":          {`<a/><?b?>`, 4, "processing instruction"},
		"stylesheet":                            {`<?xml-stylesheet href='x'?><a/>`, 0, "processing instruction"},
		"late declaration":                      {` <?xml version="1.0"?><a/>`, 1, "processing instruction"},
		"declaration after a comment":           {`<!----><?xml version="1.0"?><a/>`, 7, "processing instruction"},
		"declaration twice":                     {`<?xml version="1.0"?><?xml version="1.0"?><a/>`, 21, "processing instruction"},
		"declaration inside":                    {`<a><?xml version="1.0"?></a>`, 3, "processing instruction"},
		"declaration in capitals":               {`<?XML version="1.0"?><a/>`, 0, "processing instruction"},
		"no version":                            {`<?xml encoding="UTF-8"?><a/>`, 0, "XML version is not 1.0"},
		"version 1.1":                           {`<?xml version="1.1"?><a/>`, 0, "XML version is not 1.0"},
		"version 1.00":                          {`<?xml version="1.00"?><a/>`, 0, "XML version is not 1.0"},
		"nothing declared":                      {`<?xml ?><a/>`, 0, "XML version is not 1.0"},
		"declaration out of order":              {`<?xml version="1.0" standalone="yes" encoding="UTF-8"?><a/>`, 37, "malformed XML declaration"},
		"empty encoding":                        {`<?xml version="1.0" encoding=""?><a/>`, 19, "malformed name of an encoding"},
		"encoding begins with a digit":          {`<?xml version="1.0" encoding="8859"?><a/>`, 19, "malformed name of an encoding"},
		"blank in encoding":                     {`<?xml version="1.0" encoding="UTF 8"?><a/>`, 19, "malformed name of an encoding"},
		"standalone maybe":                      {`<?xml version="1.0" standalone="maybe"?><a/>`, 19, "standalone is neither yes nor no"},
		"empty standalone":                      {`<?xml version="1.0" standalone=''?><a/>`, 19, "standalone is neither yes nor no"},
		"declaration without blank":             {`<?xml version="1.0"encoding="UTF-8"?><a/>`, 19, "malformed XML declaration"},
		"unknown in declaration":                {`<?xml version="1.0" x="y"?><a/>`, 20, "malformed XML declaration"},
		"declaration without =":                 {`<?xml version "1.0"?><a/>`, 14, "malformed XML declaration"},
		"declaration without quotes":            {`<?xml version=1.0?><a/>`, 14, "malformed XML declaration"},
		"declaration with one quote":            {`<?xml version="1.0?><a/>`, 14, "malformed XML declaration"},
		"declaration not closed":                {`<?xml version="1.0"`, 19, "unexpected end of document"},
		"declaration closed as a tag":           {`<?xml version="1.0"><a/>`, 19, "malformed XML declaration"},
		"cut in a name":                         {`<a`, 2, "unexpected end of document"},
		"cut after <":                           {`<`, 1, "unexpected end of document"},
		"cut in a tag":                          {`<a `, 3, "unexpected end of document"},
		"cut before =":                          {`<a b`, 4, "unexpected end of document"},
		"cut after =":                           {`<a b=`, 5, "unexpected end of document"},
		"cut in a value":                        {`<a b="c`, 7, "unexpected end of document"},
		"cut after a value":                     {`<a b="c"`, 8, "unexpected end of document"},
		"cut after /":                           {`<a/`, 3, "unexpected end of document"},
		"cut in content":                        {`<a>`, 3, `unexpected end of document, element "a" is open`},
		"cut in text":                           {`<a>b`, 4, `unexpected end of document, element "a" is open`},
		"cut before the end tag":                {`<a><b/>`, 7, `unexpected end of document, element "a" is open`},
		"cut in the end tag":                    {`<a></a`, 3, `end tag of "a" expected`},
		"cut in the end tag's name":             {`<ab></a`, 4, `end tag of "ab" expected`},
		"cut in an end tag with blank":          {`<a></a `, 7, "unexpected end of document"},
		"cut after </":                          {`<a></`, 3, `end tag of "a" expected`},
		"cut in CDATA":                          {`<a><![CDATA[b`, 3, "CDATA section not closed"},
		"cut in the head of CDATA":              {`<a><![CDAT`, 5, "comment or CDATA section expected after <!"},
		"cut after <!":                          {`<a><!`, 5, "unexpected end of document"},
		"cut in a comment":                      {`<a><!-- b`, 3, "comment not closed"},
		"cut before the > of a comment":         {`<a><!-- b --`, 12, "unexpected end of document"},
		"cut in a reference":                    {`<a>&am`, 6, "unexpected end of document"},
		"cut in a character reference":          {`<a>&#x4`, 7, "unexpected end of document"},
		"cut after &":                           {`<a>&`, 4, "unexpected end of document"},
		"cut between surrogates":                {`<a>&#xD83D;&#xDE`, 16, "unexpected end of document"},
		"wrong end tag":                         {`<a></b>`, 3, `end tag of "a" expected`},
		"end tag in another case":               {`<a></A>`, 3, `end tag of "a" expected`},
		"end tag longer":                        {`<a></ab>`, 3, `end tag of "a" expected`},
		"end tag shorter":                       {`<ab></a>`, 4, `end tag of "ab" expected`},
		"end tags crossed":                      {`<a><b></a></b>`, 6, `end tag of "b" expected`},
		"end tag with another prefix":           {`<p:a xmlns:p="u" xmlns:q="u"></q:a>`, 29, `end tag of "p:a" expected`},
		"end tag with attribute":                {`<a></a b='c'>`, 7, "end tag not closed"},
		"blank before the end tag's name":       {`<a></ a>`, 3, `end tag of "a" expected`},
		"end tag without name":                  {`<a></>`, 3, `end tag of "a" expected`},
		"wrong end tag of a long name":          {"<" + long + "></a>", 63, `end tag of "xééééééééééééééééééé…" expected`},
		"blank before a name":                   {`< a/>`, 1, "name expected"},
		"no name":                               {`<>`, 1, "name expected"},
		"name begins with a digit":              {`<1a/>`, 1, "name expected"},
		"name begins with -":                    {`<-/>`, 1, "name expected"},
		"name begins with .":                    {`<a><.b/></a>`, 4, "name expected"},
		"name begins with a combining mark":     {"<\u0301a/>", 1, "character not allowed in a name"},
		"name with a multiplication sign":       {"<a\u00D7/>", 2, "character not allowed in a name"},
		"name with a Greek question mark":       {"<a\u037E/>", 2, "character not allowed in a name"},
		"name with invalid UTF-8":               {"<a\xff/>", 2, "invalid UTF-8"},
		"name with U+FFFE":                      {"<a\ufffe/>", 2, "character not allowed in a name"},
		"name beyond U+EFFFF":                   {"<a\U000f0000/>", 2, "character not allowed in a name"},
		"name with @":                           {`<a@b/>`, 2, "white space expected in a tag"},
		"name begins with colon":                {`<:a/>`, 1, "name expected"},
		"name ends with colon":                  {`<a:/>`, 3, "name expected"},
		"two colons":                            {`<a:b:c xmlns:a="u"/>`, 4, "second colon in a name"},
		"local part begins with a digit":        {`<a:1 xmlns:a="u"/>`, 3, "name expected"},
		"only a colon":                          {`<:/>`, 1, "name expected"},
		"attribute without value":               {`<a b/>`, 4, "= expected after the name of an attribute"},
		"attribute without quotes":              {`<a b=c/>`, 5, "quote expected around the value of an attribute"},
		"attributes without white space":        {`<a b="1"c="2"/>`, 8, "white space expected in a tag"},
		"attribute directly after the name":     {`<a"b"/>`, 2, "white space expected in a tag"},
		"value before name":                     {`<a ="b"/>`, 3, "name expected"},
		"< in attribute":                        {`<a b="<"/>`, 6, "< in the value of an attribute"},
		"control character in attribute":        {"<a b='\x01'/>", 6, "control character"},
		"invalid UTF-8 in attribute":            {"<a b='\xff'/>", 6, "invalid UTF-8"},
		"& in attribute":                        {`<a b="x & y"/>`, 8, "& must be written as &amp;"},
		"/ inside a tag":                        {`<a / b="c">`, 4, "> expected after /"},
		"/ twice":                               {`<a//>`, 3, "> expected after /"},
		"entity in attribute":                   {`<a b="&x;"/>`, 6, "reference to an unknown entity"},
		"half a surrogate pair in attribute":    {`<a b="&#xD800;"/>`, 6, "reference to a character that XML does not allow"},
		"NUL in a tag":                          {"<a \x00/>", 3, "name expected"},
		"attribute twice":                       {`<a b="1" b="1"/>`, 9, `attribute "b" twice`},
		"attribute twice, not adjacent":         {`<a b="1" c="1" d="" b="2"/>`, 20, `attribute "b" twice`},
		"attribute twice by two prefixes":       {`<a p:b="1" q:b="2" xmlns:p="u" xmlns:q="u"/>`, 11, `attribute "q:b" twice`},
		"attribute twice by a prefix shadowed":  {`<x xmlns:p="u"><a p:b="1" q:b="2" xmlns:q="u"/></x>`, 26, `attribute "q:b" twice`},
		"declaration twice in a tag":            {`<a xmlns:p="u" xmlns:p="u"/>`, 15, `attribute "xmlns:p" twice`},
		"default declaration twice":             {`<a xmlns="u" xmlns="v"/>`, 13, `attribute "xmlns" twice`},
		"declaration twice, as outside":         {`<a xmlns:p="u"><b xmlns:p="u" xmlns:p="u"/></a>`, 30, `attribute "xmlns:p" twice`},
		"prefix of element not declared":        {`<p:a/>`, 1, `prefix "p" not declared`},
		"prefix of attribute not declared":      {`<a p:b="c"/>`, 3, `prefix "p" not declared`},
		"prefix out of scope":                   {`<a><b xmlns:p="u"/><p:c/></a>`, 20, `prefix "p" not declared`},
		"prefix out of scope after an end tag":  {`<a><b xmlns:p="u"></b><p:c/></a>`, 23, `prefix "p" not declared`},
		"prefix undone":                         {`<p:a xmlns:p="u"><b xmlns:p=""/></p:a>`, 20, `prefix "p" bound to no namespace`},
		"prefix of a long name not declared":    {"<" + long + ":a/>", 1, `prefix "xééééééééééééééééééé…" not declared`},
		"prefix differs in case":                {`<P:a xmlns:p="u"/>`, 1, `prefix "P" not declared`},
		"prefix xml elsewhere":                  {`<a xmlns:xml="u"/>`, 3, "prefix xml and its namespace belong together"},
		"namespace of xml elsewhere":            {`<a xmlns:p="http://www.w3.org/XML/1998/namespace"/>`, 3, "prefix xml and its namespace belong together"},
		"namespace of xml by default":           {`<a xmlns="http://www.w3.org/XML/1998/namespace"/>`, 3, "prefix xml and its namespace belong together"},
		"prefix xmlns declared":                 {`<a xmlns:xmlns="http://www.w3.org/2000/xmlns/"/>`, 3, "prefix xmlns declared"},
		"namespace of xmlns":                    {`<a xmlns:p="http://www.w3.org/2000/xmlns/"/>`, 3, "prefix bound to the namespace of xmlns"},
		"namespace of xmlns by default":         {`<a xmlns="http://www.w3.org/2000/xmlns/"/>`, 3, "prefix bound to the namespace of xmlns"},
		"element with prefix xmlns":             {`<xmlns:a/>`, 1, "element with prefix xmlns"},
		"declaration with empty prefix":         {`<a xmlns:="u"/>`, 9, "name expected"},
		"]]> in text":                           {`<a>b]]>c</a>`, 4, "]]> in text"},
		"]]]> in text":                          {`<a>]]]></a>`, 4, "]]> in text"},
		"control character":                     {"<a>b\x01</a>", 4, "control character"},
		"NUL":                                   {"<a>\x00</a>", 3, "control character"},
		"vertical tab":                          {"<a>\v</a>", 3, "control character"},
		"escape":                                {"<a>\x1b</a>", 3, "control character"},
		"U+FFFE":                                {"<a>\ufffe</a>", 3, "character U+FFFE or U+FFFF"},
		"U+FFFF":                                {"<a>\uffff</a>", 3, "character U+FFFE or U+FFFF"},
		"invalid UTF-8":                         {"<a>\x80</a>", 3, "invalid UTF-8"},
		"UTF-8 cut":                             {"<a>\xe9</a>", 3, "invalid UTF-8"},
		"overlong UTF-8":                        {"<a>\xc0\xaf</a>", 3, "invalid UTF-8"},
		"surrogate encoded":                     {"<a>\xed\xa0\xbd\xed\xb8\x80</a>", 3, "invalid UTF-8"},
		"beyond Unicode":                        {"<a>\xf4\x90\x80\x80</a>", 3, "invalid UTF-8"},
		"control character in CDATA":            {"<a><![CDATA[b\x02]]></a>", 13, "control character"},
		"invalid UTF-8 in CDATA":                {"<a><![CDATA[\xc3]]></a>", 12, "invalid UTF-8"},
		"control character in comment":          {"<a><!--\x02--></a>", 7, "control character"},
		"invalid UTF-8 in comment":              {"<!--\xc3--><a/>", 4, "invalid UTF-8"},
		"U+FFFF in comment":                     {"<!--\uffff--><a/>", 4, "character U+FFFE or U+FFFF"},
		"-- in comment":                         {`<a><!-- b -- c --></a>`, 12, "-- in a comment"},
		"comment ends with --->":                {`<a><!-- b ---></a>`, 12, "-- in a comment"},
		"comment not begun":                     {`<a><!- b --></a>`, 5, "comment or CDATA section expected after <!"},
		"CDATA in small letters":                {`<a><![cdata[b]]></a>`, 5, "comment or CDATA section expected after <!"},
		"unknown entity":                        {`<a>&nbsp;</a>`, 3, "reference to an unknown entity"},
		"entity in capitals":                    {`<a>&LT;</a>`, 3, "reference to an unknown entity"},
		"entity without ;":                      {`<a>&lt b</a>`, 3, "& must be written as &amp;"},
		"bare &":                                {`<a>b & c</a>`, 5, "& must be written as &amp;"},
		"& alone before a tag":                  {`<a>&</a>`, 3, "& must be written as &amp;"},
		"&;":                                    {`<a>&;</a>`, 3, "& must be written as &amp;"},
		"longer than an entity":                 {`<a>&amplifier;</a>`, 3, "reference to an unknown entity"},
		"reference to NUL":                      {`<a>&#0;</a>`, 3, "reference to a character that XML does not allow"},
		"reference to a control character":      {`<a>&#x1;</a>`, 3, "reference to a character that XML does not allow"},
		"reference to U+FFFE":                   {`<a>&#xFFFE;</a>`, 3, "reference to a character that XML does not allow"},
		"reference beyond Unicode":              {`<a>&#x110000;</a>`, 3, "reference to a character that XML does not allow"},
		"reference far beyond Unicode":          {`<a>&#99999999999999999999999999;</a>`, 3, "reference to a character that XML does not allow"},
		"reference wraps to a letter":           {`<a>&#4294967361;</a>`, 3, "reference to a character that XML does not allow"},
		"hexadecimal wraps to a letter":         {`<a b="&#x100000041;"/>`, 6, "reference to a character that XML does not allow"},
		"high surrogate alone":                  {`<a>&#xD83D;</a>`, 3, "reference to a character that XML does not allow"},
		"low surrogate alone":                   {`<a>&#xDE00;</a>`, 3, "reference to a character that XML does not allow"},
		"surrogates the wrong way round":        {`<a>&#xDE00;&#xD83D;</a>`, 3, "reference to a character that XML does not allow"},
		"two high surrogates":                   {`<a>&#xD83D;&#xD83D;</a>`, 3, "reference to a character that XML does not allow"},
		"high surrogate and another":            {`<a>&#xD83D;&#65;</a>`, 3, "reference to a character that XML does not allow"},
		"high surrogate and text":               {`<a>&#xD83D;b&#xDE00;</a>`, 3, "reference to a character that XML does not allow"},
		"high surrogate and a broken reference": {`<a>&#xD83D;&#;</a>`, 13, "malformed character reference"},
		"reference without number":              {`<a>&#;</a>`, 5, "malformed character reference"},
		"reference without hexadecimal":         {`<a>&#x;</a>`, 6, "malformed character reference"},
		"reference with capital X":              {`<a>&#X41;</a>`, 5, "malformed character reference"},
		"reference with letters":                {`<a>&#4A;</a>`, 6, "malformed character reference"},
		"reference with sign":                   {`<a>&#+65;</a>`, 5, "malformed character reference"},
		"reference with blank":                  {`<a>&# 65;</a>`, 5, "malformed character reference"},
		"reference without ;":                   {`<a>&#65</a>`, 7, "malformed character reference"},
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	for name, tt := range refused() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var s Scanner
			_, err := tokens(&s, []byte(tt.doc), Limits{})
			var syntax *SyntaxError
			require.ErrorAs(t, err, &syntax)
			assert.Equal(t, tt.reason, syntax.Reason)
			assert.Equal(t, tt.offset, syntax.Offset)
			kind, again := s.Next()
			assert.Equal(t, EOF, kind)
			assert.Same(t, err, again)
		})
	}
}
