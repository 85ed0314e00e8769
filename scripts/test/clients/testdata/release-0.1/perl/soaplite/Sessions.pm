# Calls the operations of the contract (document/literal) with SOAP::Lite. SOAP::Lite
# has no types for them: messages are built from SOAP::Data, and answers are hashes.
package Sessions;
use strict;
use warnings;
use MIME::Base64 qw(decode_base64 encode_base64);
use SOAP::Lite;

my $NAMESPACE = 'urn:memcached-soap:session:v1';

# new returns a client of the service at an endpoint. The options are the TLS
# options of IO::Socket::SSL.
sub new {
    my ( $class, $endpoint, %tls ) = @_;
    my $soap = SOAP::Lite->new( proxy => $endpoint, default_ns => $NAMESPACE );
    $soap->on_action( sub { sprintf '"%s#%s"', @_ } );
    $soap->on_fault( \&fail );
    $soap->transport->ssl_opts(%tls) if %tls;
    return bless { soap => $soap }, $class;
}

# fail dies with a Sessions::Fault, or with a string if the service did not answer.
sub fail {
    my ( $soap, $som ) = @_;
    die ref $som ? bless { som => $som }, 'Sessions::Fault' : $soap->transport->status . "\n";
}

# agent returns the LWP::UserAgent that sends the messages, to which Credentials.pm adds
# credentials.
sub agent { return $_[0]{soap}->proxy }

# secure adds a header to each message. The function returns it: see UsernameToken.pm.
sub secure {
    my ( $self, $header ) = @_;
    $self->{header} = $header;
    return $self;
}

# call calls an operation with elements in their order and returns the result. It
# dies with a fault: fault() returns its name and fields.
sub call {
    my ( $self, $operation, @elements ) = @_;
    unshift @elements, $self->{header}->() if $self->{header};
    return $self->{soap}->call( SOAP::Data->name($operation)->attr( { xmlns => $NAMESPACE } ) => @elements )->result;
}

# fault returns the name of the typed fault with which a call died, and a hash of
# its fields. It returns the empty list if the error is not a typed fault.
sub fault {
    my ($error) = @_;
    my $detail = ref $error ? $error->{som}->faultdetail : undef;
    return ref $detail ? %$detail : ();
}

# element returns an element that holds a string or other elements.
sub element {
    my ( $name, @content ) = @_;
    return SOAP::Data->name( $name => \SOAP::Data->value(@content) ) if ref $content[0];
    return SOAP::Data->name($name)->type('string')->value('') if !@content;
    return SOAP::Data->name( $name => $content[0] )->type('string');
}

# members returns the elements of a value. A string is text, and a reference to a
# string is bytes.
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

# value returns the value of an entry or an item of an answer.
sub value {
    my ($v) = @_;
    return undef if !ref $v;
    return $v->{value} // '' if exists $v->{value};
    return \decode_base64( $v->{binary} // '' ) if exists $v->{binary};
    return [ map { value($_) } list( $v->{list}, 'item' ) ] if exists $v->{list};
    return { map { $_->{key} => value($_) } list( $v->{hash}, 'entry' ) } if exists $v->{hash};
    return undef;
}

# list returns the elements of a list. SOAP::Lite returns a single element without
# an array.
sub list {
    my ( $parent, $name ) = @_;
    return () if ref $parent ne 'HASH' || !defined $parent->{$name};
    return ref $parent->{$name} eq 'ARRAY' ? @{ $parent->{$name} } : $parent->{$name};
}

# Sessions::Fault is the error with which a call dies. As a string it is the code
# and the text of the fault.
package Sessions::Fault;
use overload '""' => sub { $_[0]{som}->faultcode . ': ' . $_[0]{som}->faultstring . "\n" }, fallback => 1;

1;
