<?php
// The contract on PHP's SoapServer, with php-memcached and its persistent connections.
declare(strict_types=1);

const DEFAULT_TTL = 72000; // seconds

final class Sessions
{
    private Memcached $store;

    public function __construct()
    {
        $this->store = new Memcached('sessions');
        if ($this->store->getServerList() === []) {
            $this->store->setOptions([Memcached::OPT_TCP_NODELAY => true, Memcached::OPT_COMPRESSION => false]);
            $this->store->addServer($_SERVER['MEMCACHED_ADDRESS'], (int) $_SERVER['MEMCACHED_PORT']);
        }
    }

    public function status(): array
    {
        return ['statusResult' => '...... MEMCACHED SOAP OK ......'];
    }

    public function getSession(stdClass $request): array
    {
        $session = $this->store->get($request->id);
        if ($session === false) {
            throw $this->store->getResultCode() === Memcached::RES_NOTFOUND
                ? new SoapFault('Client', 'there is no such session')
                : new SoapFault('Server', 'the store is unavailable');
        }
        $entries = [];
        foreach ($session as $key => $value) {
            $entries[] = ['key' => $key, 'value' => $value];
        }
        return ['getSessionResult' => ['id' => $request->id, 'version' => '1', 'attributes' => ['entry' => $entries]]];
    }

    public function setSession(stdClass $request): array
    {
        $id = $request->id ?? bin2hex(random_bytes(16));
        $session = [];
        foreach ($request->attributes->entry ?? [] as $entry) {
            $session[$entry->key] = $entry->value ?? '';
        }
        if (!$this->store->set($id, $session, ($request->ttl ?? 0) ?: DEFAULT_TTL)) {
            throw new SoapFault('Server', 'the store is unavailable');
        }
        return ['setSessionResult' => ['id' => $id, 'version' => '1']];
    }
}

$server = new SoapServer(__DIR__ . '/session.wsdl', ['features' => SOAP_SINGLE_ELEMENT_ARRAYS]);
$server->setObject(new Sessions());
$server->handle();
