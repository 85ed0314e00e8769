package page

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
)

//go:embed assets/*.svg script/*.js style/*.css
var files embed.FS

// assetQuery is the parameter of a query that asks for an asset.
const assetQuery = "asset"

// asset is a file of the pages.
type asset struct {
	mediaType    string
	text, zipped []byte
}

// assets are the files of the pages. Their names change with what they contain, so that
// browsers keep them.
type assets struct {
	byName map[string]asset  // by the name in the address
	names  map[string]string // by the name of the file
}

func newAssets() assets {
	a := assets{byName: make(map[string]asset), names: make(map[string]string)}
	a.add("script.js", joined("script"))
	a.add("style.css", joined("style"))
	list, err := fs.Glob(files, "assets/*.*")
	if err != nil {
		panic(err) // the pattern is wrong
	}
	for _, name := range list {
		a.add(path.Base(name), read(name))
	}
	return a
}

// joined returns the files of a folder, in the order of their names, as one file.
func joined(folder string) []byte {
	list, err := files.ReadDir(folder)
	if err != nil {
		panic(err) // it is embedded
	}
	var text []byte
	for _, file := range list {
		text = append(append(text, read(folder+"/"+file.Name())...), '\n')
	}
	return text
}

func read(name string) []byte {
	text, err := files.ReadFile(name)
	if err != nil {
		panic(err) // it is embedded
	}
	return text
}

func (a assets) add(name string, text []byte) {
	sum := sha256.Sum256(text)
	extension := path.Ext(name)
	full := strings.TrimSuffix(name, extension) + "-" + hex.EncodeToString(sum[:6]) + extension
	a.names[name] = full
	a.byName[full] = asset{mediaType: mediaType(extension), text: text, zipped: zip(text)}
}

func mediaType(extension string) string {
	switch extension {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	}
	panic("page: no media type for " + extension)
}

func zip(text []byte) []byte {
	var zipped bytes.Buffer
	w, err := gzip.NewWriterLevel(&zipped, gzip.BestCompression)
	if err != nil {
		panic(err) // the level is wrong
	}
	_, _ = w.Write(text) // a buffer takes everything
	_ = w.Close()
	return zipped.Bytes()
}

// named returns the name of an asset in addresses.
func (a assets) named(name string) string {
	full, ok := a.names[name]
	if !ok {
		panic("page: no asset " + name)
	}
	return full
}

// Assets answers with the files that the pages of the console load, below [ConsolePath].
func (p *Pages) Assets() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.serveAsset(w, r, path.Base(r.URL.Path))
	})
}

// ServeAsset answers a request whose query asks for an asset. It reports false for
// other requests.
func (p *Pages) ServeAsset(w http.ResponseWriter, r *http.Request) bool {
	query := r.URL.Query()
	if !query.Has(assetQuery) {
		return false
	}
	p.serveAsset(w, r, query.Get(assetQuery))
	return true
}

func (p *Pages) serveAsset(w http.ResponseWriter, r *http.Request, name string) {
	found, ok := p.assets.byName[name]
	if !ok || r.Method != http.MethodGet && r.Method != http.MethodHead {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	setPolicy(h)
	h.Set("Content-Type", found.mediaType)
	h.Set("Cache-Control", "public, max-age=31536000, immutable") // another content has another name
	h.Set("Vary", "Accept-Encoding")
	text := found.text
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		text = found.zipped
	}
	h.Set("Content-Length", strconv.Itoa(len(text)))
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = w.Write(text) // an error means that the client has gone
	}
}
