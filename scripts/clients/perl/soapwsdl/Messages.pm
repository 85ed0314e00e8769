# Calls the operations of the contract with SOAP::WSDL, which builds each message from
# a plain hash as the WSDL says. Answers are hashes, as SOAP::Lite reads them.
package Messages;
use strict;
use warnings;
use MIME::Base64 qw(encode_base64);
use SOAP::WSDL;

# new returns a client of the service whose WSDL is at a URL.
sub new {
    my ( $class, $wsdl ) = @_;
    local $SIG{__WARN__} = sub { };    # SOAP::WSDL warns of each attribute of WS-Addressing
    return bless { soap => SOAP::WSDL->new( wsdl => $wsdl ) }, $class;
}

# agent returns the LWP::UserAgent that sends the messages, to which Credentials.pm adds
# credentials.
sub agent { return $_[0]{soap}->proxy }

# call calls an operation with a hash of its elements and returns the result. It dies
# with a Messages::Fault, or with a string if the service did not answer.
sub call {
    my ( $self, $operation, %elements ) = @_;
    my $answer = $self->{soap}->call( $operation, $operation => \%elements );
    die "no answer from the service\n" if !ref $answer;
    die bless { som => $answer }, 'Messages::Fault' if $answer->fault;
    return $answer->result;
}

# text returns a text as SOAP::WSDL must get it, which escapes nothing.
sub text {
    my ($text) = @_;
    return $text =~ s/([&<>\r])/sprintf '&#%d;', ord $1/ger;
}

# members returns the elements of a value. A string is text, a reference to a string is
# bytes, and an object of the class Typed is a number or a boolean.
sub members {
    my ($v) = @_;
    return { undef  => 'true' } if !defined $v;
    return { value  => text($v) } if !ref $v;
    return { value  => $v->value, type => $v->type } if ref $v eq 'Typed';
    return { binary => encode_base64( $$v, '' ) } if ref $v eq 'SCALAR';
    return { list   => { item => [ map { members($_) } @$v ] } } if ref $v eq 'ARRAY';
    return { hash   => entries($v) };
}

# entries returns the list of the entries of a hash.
sub entries {
    my ($hash) = @_;
    return { entry => [ map { +{ key => text($_), %{ members( $hash->{$_} ) } } } sort keys %$hash ] };
}

# fault returns the name of the typed fault with which a call died, and a hash of
# its fields. It returns the empty list if the error is not a typed fault.
sub fault {
    my ($error) = @_;
    my $detail = ref $error ? $error->{som}->faultdetail : undef;
    return ref $detail ? %$detail : ();
}

# Messages::Fault is the error with which a call dies. As a string it is the code
# and the text of the fault.
package Messages::Fault;
use overload '""' => sub { $_[0]{som}->faultcode . ': ' . $_[0]{som}->faultstring . "\n" }, fallback => 1;

1;
