package perljson_test

import (
	"bytes"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/lemonldap/perljson"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/sessionstore/storable"
)

// The witness is Perl's own JSON and Storable: Perl thaws what the service stores, and
// what it reads from the service's JSON is what it has sent.
func TestPerlReadsWhatItHasSent(t *testing.T) {
	t.Parallel()
	const body = "{\"latin\":\"J\xf6rg\",\"utf\":\"J\xc3\xb6rg\",\"text\":\"Zo\\u00eb \\u0152\",\"n\":-7,\"f\":1.5,\"big\":12345678901234567890," +
		"\"long\":20261122184000,\"yes\":true,\"no\":false,\"z\":\"0123\",\"e\":\"\",\"nested\":{\"a\":[1,\"2\",{\"k\":null}],\"l\":[],\"h\":{}},\"cl\xe9\":1,\"c\\u0142\":2}"
	v, err := perljson.Parse([]byte(body), perljson.Limits{})
	require.NoError(t, err)
	image, err := (&storable.Codec{}).Append(nil, v.Hash())
	require.NoError(t, err)
	stored, err := (&storable.Codec{}).Decode(image)
	require.NoError(t, err)
	answer, err := perljson.Append(nil, perldata.HashOf(stored), perljson.Limits{})
	require.NoError(t, err)

	// LemonLDAP::NG decodes with JSON->new->allow_nonref, which takes bytes.
	const program = `use strict; use JSON::PP; use Storable qw(thaw); binmode STDIN; binmode STDOUT; local $/;
		my ($sent, $got, $image) = map { pack 'H*', $_ } split / /, <STDIN>;
		my $json = JSON::PP->new->allow_nonref->canonical->allow_bignum(0);
		my ($s, $g, $t) = ($json->decode($sent), $json->decode($got), thaw($image));
		my ($as, $ag) = map { $json->ascii->encode($_) } $s, $g;
		die "sent $as\ngot  $ag\n" unless $as eq $ag;
		for (sort keys %$s) {
			die "no $_" unless exists $t->{$_};
			next if ref $s->{$_} eq 'HASH';
			die "stored $_: $t->{$_}" unless ref $s->{$_} ? !$s->{$_} eq !$t->{$_} : $s->{$_} eq $t->{$_};
		}
		print "equal";`
	perl := exec.Command("perl", "-e", program)
	perl.Stdin = bytes.NewBufferString(hexOf([]byte(body)) + " " + hexOf(answer) + " " + hexOf(image))
	out, err := perl.CombinedOutput()
	require.NoError(t, err, "%s", out)
	assert.Equal(t, "equal", string(out))
}

func hexOf(b []byte) string {
	const digits = "0123456789abcdef"
	out := make([]byte, 0, 2*len(b))
	for _, c := range b {
		out = append(out, digits[c>>4], digits[c&15])
	}
	return string(out)
}
