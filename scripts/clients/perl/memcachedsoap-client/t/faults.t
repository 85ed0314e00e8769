use strict;
use warnings;

use IO::Socket::INET;
use Test::More;
use Time::HiRes qw(sleep time);

use MemcachedSOAP::Client;

# server answers each connection with the next of the given functions, in a process of its own.
my @servers;

sub server {
    my (@answers) = @_;
    my $listener  = IO::Socket::INET->new( Listen => 8, LocalAddr => '127.0.0.1' ) or die "no socket: $@";
    my $child     = fork // die "no process: $!";
    if ( !$child ) {
        for my $answer (@answers) {
            my $connection = $listener->accept or last;
            $answer->($connection);
            close $connection;
        }
        require POSIX;
        POSIX::_exit(0);
    }
    push @servers, $child;
    return 'http://127.0.0.1:' . $listener->sockport . '/soap';
}

sub request {
    my ($connection) = @_;
    my ( $head, $length ) = ( '', 0 );
    while ( my $line = <$connection> ) {
        $length = $1 if $line =~ /^Content-Length: (\d+)/i;
        $head .= $line;
        last if $line eq "\r\n";
    }
    my $body = q();
    read $connection, $body, $length;
    return $head . $body;
}

sub http {
    my ( $status, $body ) = @_;
    return sub {
        my ($connection) = @_;
        request($connection);
        printf $connection "HTTP/1.1 %s X\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n%s", $status,
            length $body, $body;
        $connection->flush;
    };
}

sub envelope {
    return "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body>$_[0]</s:Body></s:Envelope>";
}

my $id = 'secret' . 'a' x 30;

sub fault_of {
    my ( $url, %options ) = @_;
    my $client  = MemcachedSOAP::Client->new( url => $url, timeout => 20, key => 'hidden', %options );
    my $started = time;
    ok( !eval { $client->get_session( id => $id ); 1 }, 'it is an error' );
    cmp_ok( time - $started, '<', 15, 'in time' );
    unlike( "$@", qr/secret|hidden/, 'without the id and the key' );
    return $@;
}

my $closed = IO::Socket::INET->new( Listen => 1, LocalAddr => '127.0.0.1' );
my $port   = $closed->sockport;
close $closed;

my %no_answer = (
    'a closed port'      => "http://127.0.0.1:$port/soap",
    'an unknown host'    => 'http://no-such-host.invalid/soap',
    'no answer'          => server( sub { sleep 2 } ),
    'closed connections' => server( ( sub { request( $_[0] ) } ) x 2 ),
    'half an answer'     =>
        server( ( sub { request( $_[0] ); print { $_[0] } "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n<x" } ) x 2 ),
    'an answer drop by drop' => server(
        sub {
            my ($connection) = @_;
            request($connection);
            $connection->autoflush;
            my $answer = envelope('<getSessionResponse><getSessionResult>ok</getSessionResult></getSessionResponse>');
            printf $connection "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", 20 + length $answer;
            local $SIG{PIPE} = 'IGNORE';
            for ( 1 .. 20 ) { print $connection ' '; sleep 0.25 }
            print $connection $answer;
        }
    ),
    'no HTTP'        => server( sub { request( $_[0] ); print { $_[0] } "what?\r\n\r\n" } ),
    'a page'         => server( http( 200, '<html><body>Welcome</body></html>' ) ),
    'no XML'         => server( http( 200, 'Welcome' ) ),
    'nothing'        => server( http( 200, '' ) ),
    'another answer' =>
        server( http( 200, envelope('<statusResponse><statusResult>ok</statusResult></statusResponse>') ) ),
    'a proxy without service' => server( http( 503, '<html>no backend</html>' ) ),
    'a redirect'              => server( http( 302, '' ) ),
);
my %seconds = ( 'no answer' => 1, 'an answer drop by drop' => 3 );
for my $case ( sort keys %no_answer ) {
    subtest $case => sub {
        my $fault = fault_of( $no_answer{$case}, timeout => $seconds{$case} // 20 );
        is( $fault->name, 'NoAnswer', 'no answer' );
        ok( MemcachedSOAP::Fault::is_unavailable($fault), 'the service is down' );
    };
}

sub soap_fault {
    my ( $code, $text, $detail ) = @_;
    return server(
        http(
            500,
            envelope(
                "<s:Fault><faultcode>$code</faultcode><faultstring>$text</faultstring><detail>$detail</detail></s:Fault>"
            )
        )
    );
}

subtest 'a typed fault' => sub {
    my $fault = fault_of(
        soap_fault(
            's:Client',
            'too large',
            "<PayloadTooLargeFault xmlns='urn:x'><limit>5</limit><actual>9</actual><id>$id</id></PayloadTooLargeFault>"
        )
    );
    is( $fault->name,           'PayloadTooLarge', 'its name' );
    is( $fault->field('limit'), 5,                 'a field' );
    is( $fault->field('id'),    undef,             'but no id' );
    ok( !MemcachedSOAP::Fault::is_unavailable($fault), 'the service is not down' );
};
subtest 'store down' => sub {
    my $fault = fault_of(
        soap_fault( 's:Server', 'down', '<StoreUnavailableFault><retryAfter>3</retryAfter></StoreUnavailableFault>' ) );
    ok( MemcachedSOAP::Fault::is_unavailable($fault), 'is down' );
    is( $fault->field('retryAfter'), 3, 'when to try again' );
};
is( fault_of( soap_fault( 's:Client', 'Access denied: no role', '' ) )->name, 'Denied', 'a role is missing' );
is( fault_of( soap_fault( 's:Client', 'bad',                    '' ) )->name, 'Client', 'a general fault' );
is( fault_of( server( http( 401, 'who?' ) ) )->name, 'Denied', 'a wrong key' );

subtest 'entities of a document type are not read' => sub {
    my $url = server(
        http(
            200,
            '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/hostname">]>'
                . envelope('<getSessionResponse><getSessionResult>&e;</getSessionResult></getSessionResponse>')
        )
    );
    my $result = eval { MemcachedSOAP::Client->new( url => $url, timeout => 20 )->get_session( id => $id ) };
    is( $result ? $result->textContent : '', '', 'nothing of the file' );
};

# A connection that the service closes is opened again, and a read is sent again.
{
    my $answer =
        http( 200, envelope('<getSessionResponse><getSessionResult>ok</getSessionResult></getSessionResponse>') );
    my $url    = server( $answer, sub { request( $_[0] ) }, $answer );
    my $client = MemcachedSOAP::Client->new( url => $url, timeout => 20 );
    is( $client->get_session( id => $id )->textContent, 'ok', 'a read' );
    sleep 0.1;
    is( $client->get_session( id => $id )->textContent, 'ok', 'a read that the service did not answer is sent again' );
}
{
    my ( $from, $to );
    pipe $from, $to;
    my $url = server( ( sub { request( $_[0] ); syswrite $to, 'x' } ) x 2 );
    close $to;
    my $client = MemcachedSOAP::Client->new( url => $url, timeout => 20 );
    ok( !eval { $client->delete_session( id => $id ); 1 }, 'a change without an answer is an error' );
    kill 'KILL', $servers[-1];
    is( do { local $/; <$from> }, 'x', 'the change was sent once' );
}

# What is sent.
{
    my ( $from, $to );
    pipe $from, $to;
    my $url = server( sub { print $to request( $_[0] ); close $to; } );
    close $to;
    my $client = MemcachedSOAP::Client->new( url => $url, timeout => 20, user => 'portal', password => 'pass' );
    eval { $client->get_session( id => 'a<b', ttl => 60 ) };
    my $sent = do { local $/; <$from> };
    like( $sent, qr/^Authorization: Basic cG9ydGFsOnBhc3M=\r$/m,                   'Basic' );
    like( $sent, qr/^SOAPAction: "urn:memcached-soap:session:v1#getSession"\r$/mi, 'the action' );
    like( $sent, qr{<id>a&lt;b</id><ttl>60</ttl><typed>true</typed>},              'the message' );
}

kill 'KILL', @servers;
waitpid $_, 0 for @servers;
done_testing;
