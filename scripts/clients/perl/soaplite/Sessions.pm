# Calls of the contract (document/literal) with SOAP::Lite, which has no types
# for them: messages are built of SOAP::Data, and answers are hashes.
package Sessions;
use strict;
use warnings;
use MIME::Base64 qw(decode_base64 encode_base64);
use SOAP::Lite;

my $NAMESPACE = 'urn:memcached-soap:session:v1';

# new makes a client of the service at an endpoint. Options are those of TLS, as
# IO::Socket::SSL names them.
sub new {
    my ( $class, $endpoint, %tls ) = @_;
    my $soap = SOAP::Lite->new( proxy => $endpoint, default_ns => $NAMESPACE );
    $soap->on_action( sub { sprintf '"%s#%s"', @_ } );
    $soap->on_fault( \&fail );
    $soap->transport->ssl_opts(%tls) if %tls;
    return bless { soap => $soap }, $class;
}

# fail dies of a fault, or of what kept the service from answering.
sub fail {
    my ( $soap, $som ) = @_;
    die ref $som ? bless { som => $som }, 'Sessions::Fault' : $soap->transport->status . "\n";
}

# call calls an operation with elements in their order, and returns its result.
# It dies of faults: the name and the detail are those of fault().
sub call {
    my ( $self, $operation, @elements ) = @_;
    return $self->{soap}->call( SOAP::Data->name($operation)->attr( { xmlns => $NAMESPACE } ) => @elements )->result;
}

# fault returns the name of the typed fault of which a call died, and its fields;
# nothing if it was none.
sub fault {
    my ($error) = @_;
    my $detail = ref $error ? $error->{som}->faultdetail : undef;
    return ref $detail ? %$detail : ();
}

# element makes an element of a string, or of other elements.
sub element {
    my ( $name, @content ) = @_;
    return SOAP::Data->name( $name => \SOAP::Data->value(@content) ) if ref $content[0];
    return SOAP::Data->name($name)->type('string')->value('') if !@content;
    return SOAP::Data->name( $name => $content[0] )->type('string');
}

# A string is text; bytes are told from it by being a reference to a string.
sub members {
    my ($v) = @_;
    return element( undef => 'true' ) if !defined $v;
    return element( value => $v ) if !ref $v;
    return element( binary => encode_base64( $$v, '' ) ) if ref $v eq 'SCALAR';
    return element( list => map { element( item => members($_) ) } @$v ) if ref $v eq 'ARRAY';
    return element( hash => entries($v) );
}

sub entries {
    my ($hash) = @_;
    return map { element( entry => element( key => $_ ), members( $hash->{$_} ) ) } sort keys %$hash;
}

# value returns what an entry or an item of an answer holds.
sub value {
    my ($v) = @_;
    return undef if !ref $v;
    return $v->{value} // '' if exists $v->{value};
    return \decode_base64( $v->{binary} // '' ) if exists $v->{binary};
    return [ map { value($_) } list( $v->{list}, 'item' ) ] if exists $v->{list};
    return { map { $_->{key} => value($_) } list( $v->{hash}, 'entry' ) } if exists $v->{hash};
    return undef;
}

# list returns the elements of a list, of which a single one is not in an array.
sub list {
    my ( $parent, $name ) = @_;
    return () if ref $parent ne 'HASH' || !defined $parent->{$name};
    return ref $parent->{$name} eq 'ARRAY' ? @{ $parent->{$name} } : $parent->{$name};
}

# Sessions::Fault is what a call dies of, readable for people.
package Sessions::Fault;
use overload '""' => sub { $_[0]{som}->faultcode . ': ' . $_[0]{som}->faultstring . "\n" }, fallback => 1;

1;
