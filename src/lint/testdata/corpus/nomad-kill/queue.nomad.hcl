job "queue" {
  group "queue" {
    shutdown_delay = "5s"
    network {
      port "amqp" { static = 5672 }
    }
    service {
      name     = "queue"
      port     = "amqp"
      provider = "nomad"
    }
    task "app" {
      driver = "docker"
      kill_timeout = "20s"
      config {
        image      = "registry.example/queue:3"
        entrypoint = ["gunicorn"]
        args       = ["--graceful-timeout", "60", "app:app"]
      }
    }
  }
}
