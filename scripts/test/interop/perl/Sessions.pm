package Sessions;

# Sessions over SOAP as plain Perl values: strings, undef, references to arrays
# and to hashes. A string with the UTF-8 flag is text, as is one of printable
# ASCII; all others are bytes.
#
# Every method dies with the SOAP::SOM of a fault, whose faultdetail says what
# went wrong: { SessionNotFoundFault => { id => ... } }.

use strict;
use warnings;
use MIME::Base64 qw(encode_base64 decode_base64);
use SOAP::Lite;

my $NAMESPACE = 'urn:memcached-soap:session:v1';

# new ENDPOINT returns a client. It needs no WSDL.
sub new {
    my ( $class, $endpoint ) = @_;
    my $soap = SOAP::Lite->new( proxy => $endpoint, default_ns => $NAMESPACE );
    $soap->on_action( sub { '"' . join( '#', @_ ) . '"' } );
    return bless { soap => $soap }, $class;
}

sub get {
    my ( $self, $id ) = @_;
    return hash( $self->call( getSession => element( id => $id ) )->{attributes} );
}

# set ID, ATTRIBUTES, TTL stores a whole session and returns its id, version
# and expiresIn. Without an id a new one is made; without a time to live it
# has the default.
sub set {
    my ( $self, $id, $attributes, $ttl ) = @_;
    return $self->call(
        'setSession',
        ( defined $id  ? element( id  => $id )  : () ),
        parent( attributes => entries($attributes) ),
        ( defined $ttl ? element( ttl => $ttl ) : () ),
    );
}

# get_many IDS returns the sessions that are there, by id.
sub get_many {
    my ( $self, @ids ) = @_;
    my $answer = $self->call( getSessions => parent( ids => map { element( id => $_ ) } @ids ) );
    return { map { $_->{id} => hash( $_->{attributes} ) } several( $answer, 'session' ) };
}

# update ID, ATTRIBUTES, NAMES, VERSION sets attributes, removes those of the
# names and leaves the others, with a version only while the session has that
# one. It returns what set does.
sub update {
    my ( $self, $id, $set, $remove, $version ) = @_;
    return $self->call(
        'updateSession',
        element( id => $id ),
        parent( set => entries($set) ),
        parent( remove => map { element( key => $_ ) } @{ $remove || [] } ),
        ( defined $version ? element( ifVersion => $version ) : () ),
    );
}

# call OPERATION, ARGUMENTS returns the result of any operation.
sub call {
    my ( $self, $operation, @arguments ) = @_;
    my $answer = $self->{soap}->call( $operation, @arguments );
    die $answer if $answer->fault;
    return $answer->result;
}

sub element {
    my ( $name, $value ) = @_;
    return SOAP::Data->name( $name => $value )->type('string');
}

sub parent {
    my ( $name, @children ) = @_;
    return element( $name => '' ) if !@children;
    return SOAP::Data->name( $name => \SOAP::Data->value(@children) );
}

sub entries {
    my ($hash) = @_;
    return map { parent( entry => element( key => $_ ), value( $hash->{$_} ) ) } sort keys %$hash;
}

sub value {
    my ($value) = @_;
    return element( undef => 'true' ) if !defined $value;
    return parent( hash => entries($value) ) if ref $value eq 'HASH';
    return parent( list => map { parent( item => value($_) ) } @$value ) if ref $value eq 'ARRAY';
    return element( value => $value ) if utf8::is_utf8($value) || $value !~ /[^\t\n\r\x20-\x7e]/;
    return element( binary => encode_base64( $value, '' ) );
}

sub hash {
    my ($list) = @_;
    return { map { $_->{key} => plain($_) } several( $list, 'entry' ) };
}

sub plain {
    my ($element) = @_;
    return $element->{value}                                   if exists $element->{value};
    return decode_base64( $element->{binary} )                 if exists $element->{binary};
    return hash( $element->{hash} )                            if exists $element->{hash};
    return [ map { plain($_) } several( $element->{list}, 'item' ) ] if exists $element->{list};
    return undef;
}

# One child alone is no array, and an element without children is ''.
sub several {
    my ( $list, $name ) = @_;
    return () if !ref $list;
    my $children = $list->{$name};
    return ref $children eq 'ARRAY' ? @$children : ($children);
}

1;
