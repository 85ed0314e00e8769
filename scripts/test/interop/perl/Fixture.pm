package Fixture;

# A session with every kind of value. All languages have the same fixture.

use strict;
use warnings;
use utf8;

sub session {
    return {
        'ascii'                 => 'plain',
        'specials'              => q{<&>"']]>},
        'accents'               => 'Zoë Grüß 漢字 😀',
        'lines'                 => "a\nb\r\nc\rd\te",
        'blanks'                => '  x  ',
        'empty'                 => '',
        'undef'                 => undef,
        'zero'                  => '0',
        'number'                => '007',
        'bytes'                 => "\x00\xff\xfe",
        'control'               => "\x01",
        'a key <with> blanks é' => '1',
        'hash'         => { inner => [ 'x', undef, "\x00\xff", '' ], '' => 'empty key', none => undef },
        'list'         => [ 'a', [ 'b', [] ], { c => text('é') }, undef ],
        'single'       => ['only'],
        'single undef' => [undef],
        'single hash'  => [ { only => ['one'] } ],
        'empty list'   => [],
        'empty hash'   => {},
        'long text'    => 'Zoë 漢字 😀 <&> ' x 5000,
        'long bytes'   => join( '', map { chr } 0 .. 255 ) x 400,
    };
}

# For Perl a string with the UTF-8 flag is text, whatever its characters are.
sub text {
    my ($string) = @_;
    utf8::upgrade($string);
    return $string;
}

# Returns the path of the first difference, or nothing if the values are equal. Text
# and bytes with the same characters differ.
sub difference {
    my ( $got, $want, $path ) = ( @_, '' );
    return $path if ref $got ne ref $want;
    if ( ref $want eq 'HASH' ) {
        for my $key ( sort keys %{ { %$got, %$want } } ) {
            return "$path/$key" unless exists $got->{$key} && exists $want->{$key};
            my $difference = difference( $got->{$key}, $want->{$key}, "$path/$key" );
            return $difference if defined $difference;
        }
        return;
    }
    if ( ref $want eq 'ARRAY' ) {
        return "$path length" if @$got != @$want;
        for my $i ( 0 .. $#$want ) {
            my $difference = difference( $got->[$i], $want->[$i], "$path/$i" );
            return $difference if defined $difference;
        }
        return;
    }
    return $path if defined $got != defined $want;
    return if !defined $want;
    return $path if $got ne $want;
    return "$path flag" if $want =~ /[^\x00-\x7f]/ && utf8::is_utf8($got) != utf8::is_utf8($want);
    return;
}

1;
