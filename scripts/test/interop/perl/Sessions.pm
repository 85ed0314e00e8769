package Sessions;

# Sessions over SOAP as plain Perl values: strings, undef, and references to arrays
# and hashes. A string is text if it has the UTF-8 flag or is printable ASCII. Other
# strings are bytes.
#
# After a fault a method dies with its SOAP::SOM. The faultdetail has the name of the
# fault and its fields: { SessionNotFoundFault => { id => ... } }.

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
# and expiresIn. Without an id the service creates one. Without a TTL the session
# gets the default TTL.
sub set {
    my ( $self, $id, $attributes, $ttl ) = @_;
    return $self->call(
        'setSession',
        ( defined $id  ? element( id  => $id )  : () ),
        parent( attributes => entries($attributes) ),
        ( defined $ttl ? element( ttl => $ttl ) : () ),
    );
}

# get_many IDS returns the existing sessions, by id.
sub get_many {
    my ( $self, @ids ) = @_;
    my $answer = $self->call( getSessions => parent( ids => map { element( id => $_ ) } @ids ) );
    return { map { $_->{id} => hash( $_->{attributes} ) } several( $answer, 'session' ) };
}

# update ID, ATTRIBUTES, NAMES, VERSION sets ATTRIBUTES, removes the attributes NAMES
# and keeps all others. With a VERSION it changes the session only if it still has
# that version. It returns the same as set.
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

# SOAP::Lite returns a single child without an array, and '' for no children.
sub several {
    my ( $list, $name ) = @_;
    return () if !ref $list;
    my $children = $list->{$name};
    return ref $children eq 'ARRAY' ? @$children : ($children);
}

1;
