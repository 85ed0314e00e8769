#!/usr/bin/perl
# Reads one hexadecimal image per line and answers each with one line of JSON:
#   value    what thaw returned, described as in storable.json
#   refrozen the image that nfreeze makes of it
#   edited   whether every element of every plain container could be assigned
#            to, every key deleted, and the result be frozen and thawed again
#   error    why one of these did not work
use strict;
use warnings;
no warnings 'recursion';
use B ();
use Hash::Util ();
use MIME::Base64 qw(encode_base64);
use re ();
use Scalar::Util qw(blessed isweak refaddr reftype);
use Storable qw(nfreeze thaw);

# Storable loads the class of an object with overloading.
package T::Over;
use overload '""' => sub { 'over' }, fallback => 1;
$INC{'T/Over.pm'} = __FILE__;

package main;

$| = 1;
my (%seen, %id, $counted);

while (my $line = <STDIN>) {
    chomp $line;
    my $image = pack 'H*', $line;
    my %answer;
    eval {
        my $ref = thaw($image) or die "thaw returned undef\n";
        (%seen, %id) = ();
        $counted = 0;
        referent($ref);
        $counted = 1;
        $answer{value}    = referent($ref);
        $answer{refrozen} = '"' . unpack('H*', nfreeze($ref)) . '"';
        edit($ref, {});
        thaw(nfreeze($ref)) or die "the edited value does not thaw\n";
        $answer{edited} = 'true';
        1;
    } or $answer{error} = '"' . unpack('H*', $@) . '"';
    print '{', join(',', map { qq("$_":$answer{$_}) } sort keys %answer), "}\n";
}

# object makes a JSON object of names and JSON.
sub object { my %m = @_; '{' . join(',', map { qq("$_":$m{$_}) } sort keys %m) . '}' }

# text describes a string by its octets.
sub text {
    my ($type, $octets) = @_;
    return object(t => qq("$type"), s => '"' . $octets =~ s/(["\\])/\\$1/gr . '"') if $octets !~ /[^\x20-\x7e]/;
    return object(t => qq("$type"), b64 => '"' . encode_base64($octets, '') . '"');
}

sub string {
    my ($s) = @_;
    return text('str', $s) unless utf8::is_utf8($s);
    utf8::encode($s);
    return text('utf8', $s);
}

# referent describes what a reference refers to, with an id if it is met more
# than once.
sub referent {
    my ($ref) = @_;
    my $address = refaddr $ref;
    if (!$counted) {
        return '' if $seen{$address}++;
    }
    elsif ($id{$address}) {
        return object(t => '"same"', id => $id{$address});
    }
    elsif ($seen{$address} > 1) {
        $id{$address} = 1 + keys %id;
    }
    my @id    = $id{$address}    ? (id    => $id{$address})              : ();
    my @class = defined blessed $ref ? (class => '"' . blessed($ref) . '"') : ();
    my $type  = reftype $ref;
    return object(array($ref), @id, @class) if $type eq 'ARRAY';
    return object(hash($ref), @id, @class) if $type eq 'HASH';
    return scalar_of($ref, @id, @class);
}

sub array {
    my ($array) = @_;
    my @items = map { exists $array->[$_] ? referent(\$array->[$_]) : object(t => '"missing"') } 0 .. $#$array;
    return (t => '"array"', items => '[' . join(',', @items) . ']');
}

sub hash {
    my ($hash) = @_;
    my $restricted = Internals::SvREADONLY(%$hash);
    my @pairs;
    for my $key (sort keys %$hash) {
        my @pair = (string($key), referent(\$hash->{$key}));
        push @pair, object(locked => 'true') if $restricted && Internals::SvREADONLY($hash->{$key});
        push @pairs, [$key, \@pair];
    }
    if ($restricted) {
        push @pairs, map { [$_, [string($_), object(t => '"placeholder"')]] } Hash::Util::hidden_keys(%$hash);
    }
    my $pairs = join ',', map { '[' . join(',', @{ $_->[1] }) . ']' } sort { $a->[0] cmp $b->[0] } @pairs;
    return (t => '"hash"', pairs => "[$pairs]", $restricted ? (restricted => 'true') : ());
}

sub scalar_of {
    my ($ref, @more) = @_;
    if (reftype $ref eq 'REGEXP') {
        my ($pattern, $flags) = re::regexp_pattern($ref);
        return object(t => '"regexp"', pattern => string("$pattern"), flags => qq("$flags"), @more);
    }
    if (ref $$ref || reftype $ref eq 'REF') {
        return object(t => '"ref"', v => referent($$ref), (isweak($$ref) ? (weak => 'true') : ()), @more);
    }
    my $sv = B::svref_2object($ref);
    if (reftype $ref eq 'VSTRING') {
        my $magic = $sv->MAGIC;
        $magic = $magic->MOREMAGIC while $magic->TYPE ne 'V';
        push @more, vstring => text('str', $magic->PTR);
    }
    return object(t => '"undef"', @more) unless defined $$ref;
    my $flags = $sv->FLAGS;
    return string($$ref) =~ s/\}\z//r . join('', map { qq(,"$more[2*$_]":$more[2*$_+1]) } 0 .. @more / 2 - 1) . '}' if $flags & B::SVf_POK;
    return object(t => '"int"',    v  => '"' . $$ref . '"', @more) if $flags & B::SVf_IOK;
    return object(t => '"double"', be => '"' . unpack('H*', pack('d>', $$ref)) . '"', @more);
}

# edit does to every container what a program may do to its session.
sub edit {
    my ($ref, $done) = @_;
    return if !ref $ref || $done->{ refaddr $ref}++;
    my $type = reftype $ref;
    if ($type eq 'ARRAY') {
        my @below = grep { ref } @$ref;
        edit($_, $done) for @below;
        $_ = 'new' for @$ref;
        push @$ref, 'more';
    }
    elsif ($type eq 'HASH' && !Internals::SvREADONLY(%$ref)) {
        my @below = grep { ref } values %$ref;
        edit($_, $done) for @below;
        $ref->{$_} = 'new' for keys %$ref;
        delete $ref->{$_} for keys %$ref;
        die "a deleted key is still there\n" if %$ref;
        $ref->{new} = 1;
    }
}
