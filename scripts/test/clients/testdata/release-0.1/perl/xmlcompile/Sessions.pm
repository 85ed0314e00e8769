# Calls the operations of the contract with XML::Compile: the schema of the service
# turns plain hashes into messages, and answers into plain hashes.
package Sessions;
use strict;
use warnings;
use LWP::UserAgent;
use XML::Compile::Schema;
use XML::LibXML;

my $NAMESPACE = 'urn:memcached-soap:session:v1';
my $SOAP      = 'http://schemas.xmlsoap.org/soap/envelope/';

# new returns a client of the service at an endpoint. It reads the schema from there.
# The options are those of LWP::UserAgent.
sub new {
    my ( $class, $endpoint, %options ) = @_;
    my $http   = LWP::UserAgent->new( keep_alive => 1, %options );
    my $answer = $http->get("$endpoint?xsd");
    die 'no schema: ' . $answer->status_line . "\n" if !$answer->is_success;
    my $schema = XML::Compile::Schema->new( $answer->decoded_content( charset => 'none' ) );
    return bless { http => $http, endpoint => $endpoint, schema => $schema }, $class;
}

# agent returns the LWP::UserAgent that sends the messages, to which Credentials.pm adds
# credentials.
sub agent { return $_[0]{http} }

# call calls an operation with a hash of its elements and returns the result. It dies
# with a Sessions::Fault, or with a string if the service did not answer.
sub call {
    my ( $self, $operation, %elements ) = @_;
    my $message = XML::LibXML::Document->new( '1.0', 'UTF-8' );
    my $envelope = $message->createElementNS( $SOAP, 'soap:Envelope' );
    $message->setDocumentElement($envelope);
    $envelope->addNewChild( $SOAP, 'Body' )->appendChild( $self->writer($operation)->( $message, \%elements ) );
    my $answer = $self->{http}->post(
        $self->{endpoint},
        Content_Type => 'text/xml; charset=utf-8',
        SOAPAction   => qq{"$NAMESPACE#$operation"},
        Content      => $message->toString,
    );
    my $body = eval { XML::LibXML->load_xml( string => $answer->decoded_content( charset => 'none' ), huge => 1 ) };
    my ($element) = $body ? $body->findnodes('/*/*[local-name() = "Body"]/*') : ();
    die 'no answer from the service: ' . $answer->status_line . "\n" if !$element;
    die $self->fault($element) if $element->localname eq 'Fault';
    return $self->reader( $element->localname )->($element)->{"${operation}Result"};
}

# fault returns the error for a fault.
sub fault {
    my ( $self, $element ) = @_;
    my ($detail) = $element->findnodes('detail/*');
    return bless {
        code   => $element->findvalue('faultcode'),
        text   => $element->findvalue('faultstring'),
        name   => $detail ? $detail->localname                                        : undef,
        fields => $detail ? $self->reader( $detail->localname )->($detail) : {},
    }, 'Sessions::Fault';
}

# writer and reader compile what turns hashes into an element, and back. An element
# that the schema requires may be nil, so a program need not give it.
sub writer {
    my ( $self, $name ) = @_;
    my $write = $self->{writers}{$name} //= $self->{schema}->compile( WRITER => "{$NAMESPACE}$name" );
    my %nil   = $name eq 'setSession' ? ( ttl => 'NIL', updateOnly => 'NIL' )
      : $name =~ /^(?:update|touch)Session$/ ? ( ttl => 'NIL' )
      :                                        ();
    return sub { $write->( $_[0], { %nil, %{ $_[1] } } ) };
}

sub reader {
    my ( $self, $name ) = @_;
    return $self->{readers}{$name} //= $self->{schema}->compile( READER => "{$NAMESPACE}$name" );
}

# members returns the elements of a value. A string is text, and a reference to a
# string is bytes. XML::Compile encodes them.
sub members {
    my ($v) = @_;
    return ( undef  => 1 )                                                if !defined $v;
    return ( value  => $v )                                               if !ref $v;
    return ( binary => $$v )                                              if ref $v eq 'SCALAR';
    return ( list => { item => [ map { +{ members($_) } } @$v ] } ) if ref $v eq 'ARRAY';
    return ( hash => entries($v) );
}

# entries returns the list of the entries of a hash.
sub entries {
    my ($hash) = @_;
    return { entry => [ map { +{ key => $_, members( $hash->{$_} ) } } sort keys %$hash ] };
}

# value returns the value of an entry or an item of an answer.
sub value {
    my ($v) = @_;
    return $v->{value}     if exists $v->{value};
    return \$v->{binary}   if exists $v->{binary};
    return [ map { value($_) } @{ $v->{list}{item} // [] } ] if exists $v->{list};
    return hash( $v->{hash} ) if exists $v->{hash};
    return undef;
}

# hash returns the values of a list of entries.
sub hash {
    my ($entries) = @_;
    return { map { $_->{key} => value($_) } @{ $entries->{entry} // [] } };
}

# Sessions::Fault is the error with which a call dies. As a string it is the code
# and the text of the fault.
package Sessions::Fault;
use overload '""' => sub { "$_[0]{code}: $_[0]{text}\n" }, fallback => 1;

1;
