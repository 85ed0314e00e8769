<?php

// The example application of Symfony.

declare(strict_types=1);

namespace MemcachedSoap\Example;

use MemcachedSoap\Session\Handler;
use MemcachedSoap\Symfony\HandlerFactory;
use MemcachedSoap\Symfony\SessionListener;
use MemcachedSoap\Symfony\SharedLogin;
use MemcachedSoap\Symfony\SharedLoginAuthenticator;
use MemcachedSoap\Symfony\SharedUser;
use Symfony\Bundle\FrameworkBundle\FrameworkBundle;
use Symfony\Bundle\FrameworkBundle\Kernel\MicroKernelTrait;
use Symfony\Bundle\SecurityBundle\SecurityBundle;
use Symfony\Component\DependencyInjection\Loader\Configurator\ContainerConfigurator;
use Symfony\Component\HttpFoundation\Request;
use Symfony\Component\HttpFoundation\Response;
use Symfony\Component\HttpKernel\Kernel as BaseKernel;
use Symfony\Component\Routing\Loader\Configurator\RoutingConfigurator;
use Symfony\Component\Security\Core\Authentication\Token\Storage\TokenStorageInterface;

use function Symfony\Component\DependencyInjection\Loader\Configurator\service;

final class Kernel extends BaseKernel
{
    use MicroKernelTrait;

    public function registerBundles(): iterable
    {
        return [new FrameworkBundle(), new SecurityBundle()];
    }

    public function getProjectDir(): string
    {
        return __DIR__;
    }

    public function getCacheDir(): string
    {
        return getenv('APP_BUILD') . '/cache';
    }

    public function getLogDir(): string
    {
        return getenv('APP_BUILD') . '/log';
    }

    public static function handler(): Handler
    {
        return HandlerFactory::create(options('symfony'));
    }

    protected function configureContainer(ContainerConfigurator $container): void
    {
        $container->extension('framework', [
            'secret' => 'only an example',
            'session' => [
                'handler_id' => Handler::class,
                'name' => 'sessionid',
                'cookie_secure' => 'auto',
                'cookie_samesite' => 'lax',
                'storage_factory_id' => 'session.storage.factory.native',
                'metadata_update_threshold' => 60,
            ],
            'router' => ['utf8' => true],
        ]);
        $container->extension('security', [
            'enable_authenticator_manager' => true,
            'firewalls' => [
                'public' => ['pattern' => '^/plain$', 'security' => false],
                'main' => ['stateless' => true, 'custom_authenticators' => [SharedLoginAuthenticator::class]],
            ],
        ]);
        $services = $container->services();
        $services->set(Handler::class)->factory([self::class, 'handler']);
        $services->set(SharedLoginAuthenticator::class);
        $services->set(SharedLogin::class)->args([service(Handler::class)])->public();
        $services->set(SessionListener::class)->tag('kernel.event_subscriber');
        $services->set(Controller::class)->args([service(SharedLogin::class), service('security.token_storage')])->public();
    }

    protected function configureRoutes(RoutingConfigurator $routes): void
    {
        $routes->add('page', '/{page}')->controller(Controller::class);
    }
}

/** Answers all pages. */
final class Controller
{
    public function __construct(private readonly SharedLogin $login, private readonly TokenStorageInterface $tokens)
    {
    }

    public function __invoke(Request $request, string $page): Response
    {
        $answer = $page === 'plain' ? [] : $this->page($request, $page);
        return new Response(($answer === [] ? '{}' : json($answer)) . "\n", $answer === null ? 404 : 200, ['Content-Type' => 'application/json; charset=UTF-8']);
    }

    /** @return array<string, mixed>|null */
    private function page(Request $request, string $page): ?array
    {
        $session = $request->getSession();
        $key = (string) $request->query->get('key');
        $answer = [];
        switch ($request->getMethod() . ' ' . $page) {
            case 'GET whoami':
                $user = $this->tokens->getToken()?->getUser();
                $answer = $user instanceof SharedUser
                    ? ['uid' => $user->getUserIdentifier(), 'groups' => $user->getGroups()]
                    : ['uid' => null, 'groups' => []];
                break;
            case 'POST login':
                $uid = (string) $request->query->get('uid');
                $this->login->login($session, login($uid));
                $answer = ['uid' => $uid];
                break;
            case 'POST logout':
                $this->login->logout($session);
                break;
            case 'POST logout-everywhere':
                $answer = ['sessions' => $this->login->logoutEverywhere((string) $request->query->get('uid'))];
                break;
            case 'GET get':
                $answer = ['present' => $session->has($key), 'value' => $session->get($key)];
                break;
            case 'POST set':
                $session->set($key, value($request->getContent()));
                break;
            case 'POST remove':
                $session->remove($key);
                break;
            case 'POST slow':
                $session->start();
                usleep(1000 * $request->query->getInt('ms'));
                $session->set($key, value($request->getContent()));
                break;
            case 'POST many':
                foreach (value($request->getContent()) as $name => $value) {
                    $session->set((string) $name, $value);
                }
                break;
            default:
                return null;
        }
        return $answer;
    }
}
