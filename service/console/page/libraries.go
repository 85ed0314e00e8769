package page

// Library is a script or a style sheet of others that the pages contain, unchanged.
type Library struct {
	Name, Version string // of the package in the npm registry
	Licence       string // SPDX; its text is in assets/licences
	File          string // in this package
	Source        string // file in the package of the registry
	SHA256        string // of the file
	Integrity     string // of the package, as the registry has it
}

// Libraries lists what the pages contain that others have written.
func Libraries() []Library {
	const (
		htmx  = "sha512-Thx/WtpeOQqSrqBCw/A1cwGJGg4UrVa3+sW0GmrM3p4gJgO89ecH4qtbnyzDDWFvBTqjnIMCgELTNt636dtamA=="
		uPlot = "sha512-KIMVnG68zvu5XXUbC4LQEPnhwOxBuLyW1AHtpm6IKTXImkbLgkMy+jabjLgSLMasNuGGzQm/ep3tOkyTxpiQIw=="
	)
	return []Library{
		{
			"htmx.org", "2.0.11", "0BSD", "assets/htmx.js", "dist/htmx.min.js",
			"d6fdc75f204e6bdefa99b69bf1e6d4ac69b8a364f77929f45c13476b4000f717", htmx,
		},
		{
			"uplot", "1.6.32", "MIT", "assets/uplot.js", "dist/uPlot.iife.min.js",
			"19c8d4c6ad88929a79f4ae49d6f7161566dfd0ba3d15cc495e974f787eb78f1f", uPlot,
		},
		{
			"uplot", "1.6.32", "MIT", "style/90-uplot.css", "dist/uPlot.min.css",
			"df630c6a8d6f8eeaff264b50f73ce5b114f646ffd9a0bb74f049b0a00135fa04", uPlot,
		},
	}
}
