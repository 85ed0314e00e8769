// Package install tests what a release has, as operators get it: it installs, upgrades and
// removes the packages in a fresh Debian, starts the units' commands there, builds the
// container image, and checks the manifests of Kubernetes. make install-test runs it on
// what make packages has built.
package install
