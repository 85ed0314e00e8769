# HTTP::Tiny writes headers and body one after the other. Without this option the system holds the body back for 40 ms,
# until the service has confirmed the headers. (A release of HTTP::Tiny without _open_handle would only be slower.)
package MemcachedSOAP::Client::HTTP;

use strict;
use warnings;

use HTTP::Tiny ();
use Socket     ();

our @ISA = ('HTTP::Tiny');

sub _open_handle {
    my ( $self, @arguments ) = @_;
    my $handle = $self->SUPER::_open_handle(@arguments);
    setsockopt $handle->{fh}, Socket::IPPROTO_TCP(), Socket::TCP_NODELAY(), 1 if $handle->{fh};
    return $handle;
}

package MemcachedSOAP::Client;

use strict;
use warnings;

our $VERSION = '1.00';

use MIME::Base64 ();
use Time::HiRes  ();

use MemcachedSOAP::Fault;
use MemcachedSOAP::Values;

use constant NAMESPACE  => 'urn:memcached-soap:session:v1';
use constant MAX_ANSWER => 64 << 20;                          # bytes

my $head =
      '<?xml version="1.0" encoding="UTF-8"?>'
    . '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>';

sub new {
    my ( $class, %options ) = @_;
    my $url     = $options{url}     // 'http://127.0.0.1:8080/soap';
    my $timeout = $options{timeout} // 2;
    my %http    = (
        timeout      => $timeout,
        keep_alive   => 1,
        max_redirect => 0,
        max_size     => MAX_ANSWER,
        agent        => "$class/$VERSION "
    );
    $http{verify_SSL}  = 1;    # not the default of HTTP::Tiny before 0.083
    $http{SSL_options} = { SSL_ca_file => $options{ca_file} } if defined $options{ca_file};
    my %headers = ( 'Content-Type' => 'text/xml; charset=utf-8' );
    if ( defined $options{key} ) {
        $headers{Authorization} = "Bearer $options{key}";
    }
    elsif ( defined $options{user} ) {
        my $pair = join ':', $options{user}, $options{password} // '';
        utf8::encode($pair) if utf8::is_utf8($pair);
        $headers{Authorization} = 'Basic ' . MIME::Base64::encode_base64( $pair, '' );
    }
    my $http = MemcachedSOAP::Client::HTTP->new(%http);
    return bless { url => $url, timeout => $timeout, headers => \%headers, http => $http }, $class;
}

sub get_session {
    my ( $self, %in ) = @_;
    return $self->call( 'getSession', _element( id => $in{id} ), _element( ttl => $in{ttl} ), '<typed>true</typed>' );
}

sub set_session {
    my ( $self, %in ) = @_;
    return $self->call(
        'setSession',
        _element( id => $in{id} ),
        "<attributes>$in{attributes}</attributes>",
        _element( ttl      => $in{ttl} ),
        _element( lifetime => $in{lifetime} ),
        '<onlyNew>true</onlyNew>',
    );
}

sub update_session {
    my ( $self, %in ) = @_;
    return $self->call(
        'updateSession',
        _element( id => $in{id} ),
        "<set>$in{set}</set><remove>$in{remove}</remove>",
        _element( ttl       => $in{ttl} ),
        _element( ifVersion => $in{if_version} ),
        _element( lifetime  => $in{lifetime} ),
    );
}

sub rename_session {
    my ( $self, %in ) = @_;
    return $self->call( 'renameSession', _element( id => $in{id} ), _element( newId => $in{new_id} ) );
}

sub delete_session {
    my ( $self, %in ) = @_;
    return $self->call( 'deleteSession', _element( id => $in{id} ) )->textContent eq 'true';
}

sub find_sessions   { return _ids( shift->_principal( 'findSessions',   @_ ) ) }
sub delete_sessions { return _ids( shift->_principal( 'deleteSessions', @_ ) ) }

sub _principal {
    my ( $self, $operation, $principal, $attribute ) = @_;
    return $self->call( $operation, _element( principal => $principal ), _element( attribute => $attribute ) );
}

sub _ids {
    my ($list) = @_;
    return map { $_->textContent } MemcachedSOAP::Values::elements( $list, 'id' );
}

# _element returns an element, or nothing if it has no value.
sub _element {
    my ( $name, $value ) = @_;
    return '' if !defined $value;
    my $text = MemcachedSOAP::Values::characters("$value") // $value;
    return "<$name>" . MemcachedSOAP::Values::escape($text) . "</$name>";
}

sub call {
    my ( $self, $operation, @parts ) = @_;
    my $body = join '', $head, qq{<$operation xmlns="@{[NAMESPACE]}">}, @parts, "</$operation></e:Body></e:Envelope>";
    utf8::encode($body);
    my ( $status, $answer ) = $self->_post( $operation, $body );
    if ( $status == 599 && $operation =~ /\A(?:get|find)/ && $answer =~ /closed|Unexpected end/ ) {
        ( $status, $answer ) = $self->_post( $operation, $body );    # the service closed a kept connection: read again
    }
    _no_answer( $operation, _reason($answer) ) if $status == 599;
    my $content = _content( eval { MemcachedSOAP::Values::parse($answer) } );
    if ($content) {
        my ($result) = MemcachedSOAP::Values::elements( $content, "${operation}Result" );
        return $result                 if $result && $status == 200;
        _throw( $operation, $content ) if $content->localname eq 'Fault';
    }
    if ( $status == 401 || $status == 403 ) {
        MemcachedSOAP::Fault->throw( 'Denied', "$operation: the service denies access (HTTP status $status)" );
    }
    return _no_answer( $operation, "what answers is not the service (HTTP status $status)" );
}

# _post returns the status and the answer. The status 599 is an error of the connection; the answer is its text then.
sub _post {
    my ( $self, $operation, $body ) = @_;
    my ( $deadline, $answer ) = ( Time::HiRes::time() + $self->{timeout}, '' );
    my $receive = sub {
        $answer .= $_[0];
        die "the answer takes too long\n" if Time::HiRes::time() > $deadline;
        die "the answer is too long\n"    if length $answer > MAX_ANSWER;
    };
    my %headers  = ( %{ $self->{headers} }, SOAPAction => '"' . NAMESPACE . "#$operation\"" );
    my %request  = ( headers => \%headers, content => $body, data_callback => $receive );
    my $response = $self->{http}->post( $self->{url}, \%request );
    return ( $response->{status}, $response->{success} ? $answer : $response->{content} );
}

sub _no_answer {
    my ( $operation, $reason ) = @_;
    return MemcachedSOAP::Fault->throw( 'NoAnswer', "$operation: no answer of the session service: $reason" );
}

# _reason returns the first line of HTTP::Tiny's error, without the place in its code.
sub _reason {
    my ($text) = @_;
    my ($line) = split /\n/, $text // '';
    $line = 'unknown' if !defined $line;
    $line =~ s/ at \S+ line \d+\.?\z//;
    return $line;
}

# _content returns the element in the Body of an envelope.
sub _content {
    my ($envelope) = @_;
    return if !$envelope;
    my ($body) = MemcachedSOAP::Values::elements( $envelope, 'Body' );
    return if !$body;
    my ($content) = grep { defined $_->localname } $body->childNodes;
    return $content;
}

sub _throw {
    my ( $operation, $fault ) = @_;
    my %part     = map { $_->nodeName => $_ } grep { defined $_->localname } $fault->childNodes;
    my $text     = $part{faultstring} ? $part{faultstring}->textContent : 'fault without a text';
    my ($detail) = $part{detail}      ? grep { ( $_->localname // '' ) =~ /Fault\z/ } $part{detail}->childNodes : ();
    if ($detail) {
        my %fields = map { $_->localname => $_->textContent } grep { defined $_->localname } $detail->childNodes;
        delete $fields{id};    # an id must not come into a log
        MemcachedSOAP::Fault->throw( $detail->localname =~ s/Fault\z//r, "$operation: $text", %fields );
    }
    my ($code) = ( $part{faultcode} ? $part{faultcode}->textContent : 'Server' ) =~ /(\w+)\z/;
    my $denied = $text =~ /\AAccess denied/ || $code =~ /\AFailed|\AInvalidSecurity/;
    return MemcachedSOAP::Fault->throw( $denied ? 'Denied' : $code, "$operation: $text" );
}

1;

__END__

=encoding utf8

=head1 NAME

MemcachedSOAP::Client - calls the session service

=head1 SYNOPSIS

    my $client  = MemcachedSOAP::Client->new( url => 'https://sessions.example.com/soap', key => $key );
    my $session = $client->get_session( id => $id, ttl => 3600 );

=head1 DESCRIPTION

The messages of session handlers, as C<session.wsdl> has them. L<MemcachedSOAP::Store> is what a session handler uses.
Connections stay open between calls; a process that has forked opens its own.

All methods die with a L<MemcachedSOAP::Fault>. A change is sent once: whether it was made is unknown if there was no
answer. A read is sent again once if the service has closed the connection.

=head1 METHODS

=head2 new(%options)

=over 4

=item url

The address of the SOAP endpoint; C<http://127.0.0.1:8080/soap> by default.

=item key

The key of the caller, sent as C<Authorization: Bearer>. Or C<user> and C<password>, sent by HTTP Basic.

=item ca_file

The file of the authority of the service's certificate, if the system does not know it. Certificates are always
checked. TLS needs L<IO::Socket::SSL>.

=item timeout

Seconds to wait for the connection, for the begin of the answer, and for all of it; 2 by default.

=back

=head2 get_session(id => $id, ttl => $seconds)

The element C<getSessionResult>, with typed values. With a ttl other than 0 the session lives so long from now.

=head2 set_session(id => $id, attributes => $xml, ttl => $seconds, lifetime => $seconds)

Stores a new session: C<SessionExists> if there is one with the id.

=head2 update_session(id => $id, set => $xml, remove => $xml, ttl => $seconds, lifetime => $seconds, if_version => $v)

Changes attributes.

=head2 rename_session(id => $id, new_id => $id)

Gives a session another id.

=head2 delete_session(id => $id)

Whether there was a session.

=head2 find_sessions($principal, $attribute), delete_sessions($principal, $attribute)

The ids of the sessions of a user. Without an attribute it is the first one of the service's C<--principal>.

=head2 call($operation, @xml)

Calls any operation with the XML of its parameters, and returns its result as an element of XML::LibXML.

=cut
