# The sessions that the tests store, and the form in which they compare them.
package Fixture;
use strict;
use warnings;
use utf8;
use Encode qw(encode_utf8);

my $all = join '', map { chr } 0 .. 255;
my $big = substr $all x 3516, 0, 900_000;

my %fixtures = (
    write => {
        plain                 => 'plain',
        special               => q{<&>"']]>},
        accents               => 'é ü ß ñ – €',
        emoji                 => '😀 🎉',
        lines                 => "LF\nCRLF\r\nCR\rtab\tend",
        blanks                => '  outer blanks  ',
        empty                 => '',
        undef                 => undef,
        bytes                 => \$all,
        'a key with <blanks>' => 'key',
        nested    => { list => [ 'a', undef, \"\x00\xff", { k => 'v' } ], undef => undef, bytes => \"\x00\x01" },
        single    => ['one'],
        emptylist => [],
        emptyhash => {},
    },
    writecontrol => { control => "XML has no \x01" },
    writetext    => { text900k  => '0123456789' x 90_000 },
    writebig     => { bytes900k => \$big },
);

# of returns the session that a command stores.
sub of {
    my ($command) = @_;
    return $fixtures{$command};
}

# _rendered returns a value in the form that the tests compare.
sub _rendered {
    my ($v) = @_;
    return 'u' if !defined $v;
    return 't:' . unpack( 'H*', encode_utf8($v) ) if !ref $v;
    return 'b:' . unpack( 'H*', $$v ) if ref $v eq 'SCALAR';
    return 'l(' . join( ',', map { _rendered($_) } @$v ) . ')' if ref $v eq 'ARRAY';
    return 'h(' . join( ',', sort map { unpack( 'H*', encode_utf8($_) ) . '=' . _rendered( $v->{$_} ) } keys %$v ) . ')';
}

# print_values prints attributes in the form that the tests compare.
sub print_values {
    my %attributes = @_;
    print sort map { unpack( 'H*', encode_utf8($_) ) . "\t" . _rendered( $attributes{$_} ) . "\n" }
      grep { !/^_/ } keys %attributes;
}

1;
